use crate::key::Template;

/// What is known of an annotated function before it is called.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// `module_path!()` of the function.
    pub module: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its key; for a default key the first piece is empty, and the runtime puts the function's path in front.
    pub template: Template,
    /// Whether the key is the default one.
    pub default_key: bool,
    /// `memory`, or the name of a registered store.
    pub backend: &'static str,
    /// Whether the function is async.
    pub is_async: bool,
}
