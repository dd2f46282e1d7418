//! From the repository's folder to the checkout that platforms know.

use super::Place;
use std::path::{Component, Path};

/// The way from the folder that platforms take paths from to the repository's folder.
///
/// Platforms want paths from the top of the checkout, where pipelines run commands; `-C DIR` says
/// where the repository is from there.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Root {
    /// Empty, or a path that ends in `/`.
    prefix: String,
}

impl Root {
    /// The way to `directory`, as it is named from the current folder; `workspace` is the absolute
    /// path of the checkout, where the platform tells it.
    pub fn new(directory: &Path, workspace: Option<&str>) -> Self {
        let inside = workspace.and_then(|workspace| directory.strip_prefix(workspace).ok());
        let mut parts: Vec<String> = Vec::new();
        let mut prefix = String::new();
        for component in inside.unwrap_or(directory).components() {
            match component {
                Component::RootDir => prefix.push('/'),
                Component::CurDir | Component::Prefix(_) => {}
                Component::ParentDir if parts.last().is_some_and(|part| part != "..") => {
                    parts.pop();
                }
                Component::ParentDir => parts.push("..".to_owned()),
                Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            }
        }
        for part in parts {
            prefix.push_str(&part);
            prefix.push('/');
        }
        Self { prefix }
    }

    /// The path of a file of the repository.
    pub fn path(&self, file: &str) -> String {
        format!("{}{file}", self.prefix)
    }

    /// A place for people: `file:line:column`.
    pub(super) fn place(&self, place: &Place) -> String {
        let shown = place.to_string();
        if place.is_in_repository() { self.path(&shown) } else { shown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(directory: &str, workspace: Option<&str>) -> String {
        Root::new(Path::new(directory), workspace).path("a.yaml")
    }

    #[test]
    fn paths_begin_at_the_checkout() {
        assert_eq!(path(".", None), "a.yaml");
        assert_eq!(path("./mail/policy/", None), "mail/policy/a.yaml");
        assert_eq!(path("mail/../policy/.", None), "policy/a.yaml");
        assert_eq!(path("../../policy", None), "../../policy/a.yaml");
        assert_eq!(path("/builds/x/policy", None), "/builds/x/policy/a.yaml");
        assert_eq!(path("/builds/x/policy", Some("/builds/x")), "policy/a.yaml");
        assert_eq!(path("/builds/x", Some("/builds/x/")), "a.yaml");
        assert_eq!(path("/builds/xy", Some("/builds/x")), "/builds/xy/a.yaml");
        assert_eq!(path("policy", Some("/builds/x")), "policy/a.yaml");
    }
}
