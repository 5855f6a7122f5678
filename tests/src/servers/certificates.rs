//! A certificate authority of a test's own.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// An authority and a server's certificate that it signed, for `localhost` and `127.0.0.1`.
#[derive(Clone, Debug)]
pub struct Certificates {
    authority: String,
    files: [PathBuf; 3],
}

impl Certificates {
    /// Makes them; the files go to `folder`.
    pub(super) fn make(folder: &Path) -> Self {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "authority of a test");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().expect("a key");
        let authority_certificate = authority.self_signed(&authority_key).expect("a certificate");
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().expect("a key");
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate =
            CertificateParams::new(names).and_then(|server| server.signed_by(&key, &issuer)).expect("a certificate");
        let write = |name: &str, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).expect("a file for a certificate");
            path
        };
        let authority = authority_certificate.pem();
        let files = [
            write("authority.pem", authority.clone()),
            write("server.pem", certificate.pem()),
            write("server.key", key.serialize_pem()),
        ];
        Self { authority, files }
    }

    /// The authority's certificate, PEM: what a client has to trust.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The server's settings.
    pub(super) fn arguments(&self) -> Vec<String> {
        let [authority, certificate, key] = &self.files;
        let setting = |name: &str, path: &Path| [format!("--{name}"), path.display().to_string()];
        [
            setting("tls-ca-cert-file", authority),
            setting("tls-cert-file", certificate),
            setting("tls-key-file", key),
            ["--tls-auth-clients".into(), "no".into()],
        ]
        .concat()
    }
}
