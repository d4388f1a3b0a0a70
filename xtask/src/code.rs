//! Rust code without its comments and literals, so that a rule about words does not stumble over prose.

/// The text with every comment, string and character literal replaced by blanks; lines stay where they are.
pub(crate) fn without_prose(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let length = prose_length(&characters, at);
        if length == 0 {
            result.push(characters[at]);
            at += 1;
            // A raw string opens only where no identifier goes on: the r of `bar"…"` opens none.
            while at < characters.len() && is_word(characters[at - 1]) && is_word(characters[at]) {
                result.push(characters[at]);
                at += 1;
            }
        } else {
            let prose = &characters[at..characters.len().min(at + length)];
            result.extend(prose.iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at += length;
        }
    }
    result
}

/// Every string literal with the number of the line where it begins, from 1.
pub(crate) fn literals(text: &str) -> Vec<(usize, String)> {
    let characters: Vec<char> = text.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < characters.len() {
        let length = prose_length(&characters, at);
        let end = if length > 0 {
            characters.len().min(at + length)
        } else {
            // As in `without_prose`: a raw string opens only where no identifier goes on.
            let goes_on = |at: usize| is_word(characters[at - 1]) && is_word(characters[at]);
            (at + 1..characters.len()).find(|&at| !goes_on(at)).unwrap_or(characters.len())
        };
        let piece: String = characters[at..end].iter().collect();
        let opened = piece.trim_start_matches(['b', 'c', 'r', '#']).starts_with('"');
        if length > 0 && opened {
            let inside = piece.split_once('"').map_or("", |(_, rest)| rest);
            let inside = inside.rsplit_once('"').map_or(inside, |(inside, _)| inside);
            found.push((line, inside.to_string()));
        }
        line += piece.matches('\n').count();
        at = end;
    }
    found
}

/// Every identifier with the number of its line, from 1.
pub(crate) fn words(code: &str) -> Vec<(usize, &str)> {
    let lines = code.lines().enumerate();
    lines
        .flat_map(|(index, line)| {
            line.split(|c| !is_word(c)).filter(|w| !w.is_empty()).map(move |w| (index + 1, w))
        })
        .collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// How many characters of comment or literal start here.
fn prose_length(text: &[char], at: usize) -> usize {
    let rest = &text[at..];
    match rest {
        ['/', '/', ..] => rest.iter().take_while(|&&c| c != '\n').count(),
        ['/', '*', ..] => block_comment(rest),
        ['"', ..] => 1 + quoted(&rest[1..], '"'),
        ['b' | 'c', '"', ..] => 2 + quoted(&rest[2..], '"'),
        ['r', '"' | '#', ..] => raw_string(rest, 1),
        ['b' | 'c', 'r', '"' | '#', ..] => raw_string(rest, 2),
        ['b', '\'', ..] => 2 + quoted(&rest[2..], '\''),
        // 'a' is a character, 'a is a lifetime.
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => 1 + quoted(&rest[1..], '\''),
        _ => 0,
    }
}

/// Up to and with the closing mark.
fn quoted(rest: &[char], mark: char) -> usize {
    let mut at = 0;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            c if c == mark => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// `prefix` characters, some `#`, a string, as many `#`; 0 if it is none, as r#type.
fn raw_string(rest: &[char], prefix: usize) -> usize {
    let marks = rest[prefix..].iter().take_while(|&&c| c == '#').count();
    let open = prefix + marks;
    if rest.get(open) != Some(&'"') {
        return 0;
    }
    let closes = |at: usize| {
        rest[at] == '"' && rest[at + 1..].iter().take_while(|&&c| c == '#').count() >= marks
    };
    (open + 1..rest.len()).find(|&at| closes(at)).map_or(rest.len(), |at| at + 1 + marks)
}

/// Block comments nest.
fn block_comment(rest: &[char]) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (at, depth) = (at + 2, depth + 1),
            ['*', '/', ..] => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_word(text: &str, word: &str) -> bool {
        words(&without_prose(text)).iter().any(|(_, found)| *found == word)
    }

    #[test]
    fn words_in_prose_do_not_count() {
        for text in [
            "// x\n",
            "/* a /* x */ x */ let y;",
            "let y = \"x\";",
            "let y = \"a\\\" x\";",
            "let y = r\"x\";",
            "let y = r#\"a\" x\"#;",
            "let y = br##\"\"# x\"##;",
            "let y = b\"x\";",
            "let y = 'x';",
            "let y = b'x';",
            "/// x",
        ] {
            assert!(!has_word(text, "x"), "{text}");
        }
    }

    #[test]
    fn literals_have_the_line_where_they_begin() {
        let text = "f(\"a\");\n// \"b\"\nlet c = '\"';\nlet d = r#\"e \"f\"\n\"#; bar\"g\"\n\"h";
        let found = literals(text);
        let found: Vec<(usize, &str)> = found.iter().map(|(l, s)| (*l, s.as_str())).collect();
        assert_eq!(found, [(1, "a"), (4, "e \"f\"\n"), (5, "g"), (6, "h")]);
    }

    #[test]
    fn words_of_code_count() {
        for text in [
            "x",
            "let y = \"\"; x",
            "'\"'; x",
            "'\\''; x",
            "fn f<'a>(y: &'a str) { x }",
            "let bar = r#type; x",
            "/* a */ x",
            "// a\nx",
            "let y = r#\"a\"#; x",
            "\"\\\\\"; x",
        ] {
            assert!(has_word(text, "x"), "{text}");
        }
        assert!(!has_word("xx x_code", "x"));
    }

    #[test]
    fn lines_stay_where_they_are() {
        let code = without_prose("/* a\nb */\n\"c\nd\"\nx");
        assert_eq!(words(&code), [(5, "x")]);
    }
}
