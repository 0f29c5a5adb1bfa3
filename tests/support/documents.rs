//! Documents that are rendered from the code, and stay true to it.

use std::path::Path;

/// Compares a file of `docs/` with its rendering. Writes it instead where the variable `UPDATE_DOCS` is set.
pub(crate) fn check(file: &str, rendered: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, rendered).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == rendered,
        "docs/{file} is not what the code says; UPDATE_DOCS=1 writes it anew"
    );
}
