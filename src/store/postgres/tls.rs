//! TLS: whom the store trusts.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failure::Failure;

/// The root certificates in a PEM file, of which there must be one at least, all of them readable.
pub(super) fn roots(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let unreadable = || Failure::Setup("the root certificates cannot be read as PEM");
    let roots = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let roots = roots.map_err(|_| unreadable())?;
    let mut parsed = RootCertStore::empty();
    for root in &roots {
        parsed.add(root.clone()).map_err(|_| unreadable())?;
    }
    if roots.is_empty() { Err(unreadable()) } else { Ok(roots) }
}

/// Trusts the public authorities and these. Whatever provider of cryptography the program has set up, here it is ring.
pub(super) fn connector(more: &[CertificateDer<'static>]) -> Result<MakeRustlsConnect, Failure> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    roots.add_parsable_certificates(more.iter().cloned());
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| Failure::Setup("TLS cannot be set up"))?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    // Without it a server that is talked to in TLS from the first byte (`sslnegotiation=direct`) hangs up.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}
