//! Names as they are typed in a shell.

/// A name as it is typed, in quotes unless it has only letters, digits and what is in `plain`.
pub(crate) fn typed(name: &str, plain: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || plain.contains(c);
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain) {
        name.to_string()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::typed;

    #[test]
    fn a_name_is_quoted_where_a_shell_would_misread_it() {
        assert_eq!(typed("total rooms", "_"), "'total rooms'");
        assert_eq!(typed("a_1", "_"), "a_1");
        assert_eq!(typed("a/1", "_"), "'a/1'");
        assert_eq!(typed("it's", "_"), r"'it'\''s'");
        assert_eq!(typed("-x", "_-"), "'-x'");
    }
}
