//! Links between the project's pages lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

/// The workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name == "docs" || name == "decisions") {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

#[test]
fn every_relative_link_of_a_page_leads_to_a_file() {
    let mut found = Vec::new();
    pages(&root(), &mut found);
    assert!(found.len() > 10, "the pages were looked for in the wrong place");
    let mut broken = Vec::new();
    for page in found {
        let text = fs::read_to_string(&page).expect("a readable page");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or("");
            let elsewhere = target.is_empty() || target.contains("://") || target.contains(' ');
            if !elsewhere && !page.parent().expect("a page lies in a folder").join(target).exists() {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}
