//! Reads Moodle XML with Cloze questions as Moodle does.
//!
//! Elements and attributes are those of docs.moodle.org, "Moodle XML format"; entries those of "Embedded Answers (Cloze)
//! question type". What the page leaves open follows the grammar by which Moodle imports Cloze text, in words:
//!
//! - an entry is `{`, digits of the share (none: 1), `:`, a type, `:`, alternatives between `~`, `}`;
//! - an alternative is `=` or `%percent%` or nothing, an answer of at least one character up to the next `~`, `#` or `}`
//!   that has no backslash (or &, for the answer) before it, and perhaps `#` with a feedback up to the next `~` or `}` without
//!   a backslash before it;
//! - a numerical answer is a number, or a number, `:` and the tolerance; without exponent marks other than e and E.
//! - a question that is imported has at least one entry, each has an answer for the full share, a numerical one nothing but
//!   numbers, and a list at least two alternatives.

use quick_xml::events::{BytesStart, Event};

/// A question.
#[derive(Debug, Default)]
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) feedback: String,
    pub(crate) entries: Vec<Entry>,
}

/// An entry of a question.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) share: usize,
    pub(crate) kind: Kind,
    pub(crate) alternatives: Vec<Alternative>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Numerical,
    List,
    Words,
}

#[derive(Debug)]
pub(crate) struct Alternative {
    /// 1 for the right one.
    pub(crate) fraction: f64,
    pub(crate) answer: String,
    /// Of a numerical answer.
    pub(crate) number: Option<(f64, f64)>,
}

impl Entry {
    /// The right answer and its tolerance; that of a list is 0.
    pub(crate) fn right(&self) -> (f64, f64) {
        let right = self.alternatives.iter().find(|a| a.fraction == 1.0).unwrap();
        right.number.unwrap_or_else(|| (right.answer.parse().unwrap(), 0.0))
    }
}

/// A file: the categories, and the questions in order.
#[derive(Debug, Default)]
pub(crate) struct Quiz {
    pub(crate) categories: Vec<String>,
    pub(crate) questions: Vec<Question>,
}

/// An attribute with the values allowed.
type Attribute = (&'static str, &'static [&'static str]);

/// The elements: name, parents, attributes.
const ELEMENTS: &[(&str, &str, &[Attribute])] = &[
    ("quiz", "", &[]),
    ("question", "quiz", &[("type", &["category", "cloze"])]),
    ("category", "question", &[]),
    ("name", "question", &[]),
    (
        "questiontext",
        "question",
        &[("format", &["html", "moodle_auto_format", "plain_text", "markdown"])],
    ),
    (
        "generalfeedback",
        "question",
        &[("format", &["html", "moodle_auto_format", "plain_text", "markdown"])],
    ),
    ("penalty", "question", &[]),
    ("hidden", "question", &[]),
    ("idnumber", "question", &[]),
    ("text", "category name questiontext generalfeedback", &[]),
];

/// Reads a file; the error says what Moodle would not understand.
pub(crate) fn read(xml: &str) -> Result<Quiz, String> {
    if !xml.starts_with("<?xml version=\"1.0\"") {
        return Err("the first characters must be those of the XML declaration".into());
    }
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut quiz = Quiz::default();
    let mut open: Vec<String> = Vec::new();
    let mut content = String::new();
    let (mut kind, mut question) = (String::new(), Question::default());
    let mut seen: Vec<String> = Vec::new();
    loop {
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::Start(element) => {
                let name = checked(&element, open.last().map_or("", String::as_str))?;
                if name == "question" {
                    (question, seen) = (Question::default(), Vec::new());
                    kind = attribute(&element, "type")?.ok_or("a question without a type")?;
                }
                if open.last().is_some_and(|parent| parent == "question") {
                    if seen.contains(&name) {
                        return Err(format!("{name} twice in a question"));
                    }
                    seen.push(name.clone());
                }
                content.clear();
                open.push(name);
            }
            Event::End(_) => {
                let name = open.pop().ok_or("an end without a beginning")?;
                let parent = open.last().map_or("", String::as_str);
                match (name.as_str(), parent) {
                    ("text", "category") => quiz.categories.push(content.trim().to_string()),
                    ("text", "name") => question.name = content.trim().to_string(),
                    ("text", "questiontext") => question.text = content.trim().to_string(),
                    ("text", "generalfeedback") => question.feedback = content.trim().to_string(),
                    ("penalty", _)
                        if !(0.0..=1.0)
                            .contains(&content.parse::<f64>().map_err(|e| e.to_string())?) =>
                    {
                        return Err("a penalty that is no share".into());
                    }
                    ("hidden", _) if !matches!(content.as_str(), "0" | "1") => {
                        return Err("hidden is 0 or 1".into());
                    }
                    ("question", _) if kind == "cloze" => {
                        let mut question = std::mem::take(&mut question);
                        if question.name.is_empty() || question.text.is_empty() {
                            return Err("a question without a name or a text".into());
                        }
                        question.entries = entries(&question.text)?;
                        quiz.questions.push(question);
                    }
                    ("question", _) if !seen.iter().any(|name| name == "category") => {
                        return Err("a category without its name".into());
                    }
                    _ => {}
                }
                content.clear();
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|e| e.to_string())?;
                let leaf = matches!(
                    open.last().map_or("", String::as_str),
                    "text" | "penalty" | "hidden" | "idnumber"
                );
                if !leaf && !text.trim().is_empty() {
                    return Err(format!("words outside of a text: {text:?}"));
                }
                content += &text;
            }
            Event::GeneralRef(entity) => {
                content += match &*entity.decode().map_err(|e| e.to_string())? {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "apos" => "'",
                    other => return Err(format!("entity {other}")),
                };
            }
            Event::CData(data) => content += &data.decode().map_err(|e| e.to_string())?,
            Event::Eof if open.is_empty() => return Ok(quiz),
            Event::Eof => return Err(format!("{open:?} have no end")),
            Event::Decl(_) => {}
            other => return Err(format!("unexpected {other:?}")),
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let found = element.try_get_attribute(name).map_err(|e| e.to_string())?;
    found.map(|a| a.unescape_value().map(|v| v.to_string()).map_err(|e| e.to_string())).transpose()
}

/// The name of an element that may stand in its parent, with attributes that it may have.
fn checked(element: &BytesStart<'_>, parent: &str) -> Result<String, String> {
    let name = String::from_utf8_lossy(element.name().as_ref()).to_string();
    let known = ELEMENTS
        .iter()
        .find(|(known, parents, _)| *known == name && (parents.split(' ').any(|p| p == parent)));
    let (_, _, attributes) = known.ok_or(format!("{name} in {parent:?}"))?;
    for given in element.attributes() {
        let given = given.map_err(|e| e.to_string())?;
        let key = String::from_utf8_lossy(given.key.as_ref()).to_string();
        let value = given.unescape_value().map_err(|e| e.to_string())?;
        let allowed = attributes.iter().find(|(known, _)| *known == key);
        if !allowed.is_some_and(|(_, values)| values.contains(&&*value)) {
            return Err(format!("{key}={value:?} of {name}"));
        }
    }
    Ok(name)
}

const TYPES: &[(&str, Kind)] = &[
    ("NUMERICAL", Kind::Numerical),
    ("NM", Kind::Numerical),
    ("MULTICHOICE", Kind::List),
    ("MC", Kind::List),
    ("SHORTANSWER", Kind::Words),
    ("SA", Kind::Words),
];

/// The entries of a text.
pub(crate) fn entries(text: &str) -> Result<Vec<Entry>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let inside = &rest[at + 1..];
        match entry(inside)? {
            Some((entry, length)) => {
                found.push(entry);
                rest = &inside[length..];
            }
            None if inside.starts_with('#') => {
                return Err("the place of an entry in the text".into());
            }
            None => rest = inside,
        }
    }
    if found.is_empty() { Err("no entries".into()) } else { Ok(found) }
}

/// An entry behind its `{`, and its length with the `}`; none where no entry begins.
fn entry(text: &str) -> Result<Option<(Entry, usize)>, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let share = if digits == 0 { 1 } else { text[..digits].parse().map_err(|_| "share")? };
    let Some(rest) = text[digits..].strip_prefix(':') else { return Ok(None) };
    let Some((kind, mut rest)) = TYPES
        .iter()
        .find_map(|(name, kind)| Some((*kind, rest.strip_prefix(name)?.strip_prefix(':')?)))
    else {
        return Ok(None);
    };
    let mut alternatives = Vec::new();
    loop {
        let (alternative, length) = alternative(rest, kind)?;
        alternatives.push(alternative);
        rest = &rest[length..];
        match rest.chars().next() {
            Some('~') => rest = &rest[1..],
            Some('}') => break,
            other => return Err(format!("{other:?} behind an alternative")),
        }
    }
    let answers = alternatives.len();
    if !alternatives.iter().any(|a| a.fraction == 1.0) {
        return Err("an entry without a right answer".into());
    }
    if kind == Kind::List && answers < 2 {
        return Err("a list of one".into());
    }
    Ok(Some((Entry { share, kind, alternatives }, text.len() - rest.len() + 1)))
}

fn alternative(text: &str, kind: Kind) -> Result<(Alternative, usize), String> {
    let (fraction, start) = if text.starts_with('=') {
        (1.0, 1)
    } else if let Some((percent, _)) = text.strip_prefix('%').and_then(|rest| rest.split_once('%'))
    {
        (
            percent.replace(',', ".").parse::<f64>().map_err(|e| e.to_string())? / 100.0,
            percent.len() + 2,
        )
    } else {
        (0.0, 0)
    };
    let end = start + until(&text[start..], "~#}", &['\\', '&'], 1)?;
    let answer = text[start..end].replace("\\}", "}").replace("\\#", "#");
    let mut length = end;
    if text[end..].starts_with('#') {
        length = end + 1 + until(&text[end + 1..], "~}", &['\\'], 0)?;
    }
    let number = match kind {
        Kind::Numerical => Some(numerical(&answer).ok_or(format!("{answer:?} is no number"))?),
        Kind::List | Kind::Words => None,
    };
    Ok((Alternative { fraction, answer, number }, length))
}

/// How far it is to the next of these signs that has none of those before it.
fn until(text: &str, signs: &str, guards: &[char], least: usize) -> Result<usize, String> {
    let mut before = None;
    for (at, c) in text.char_indices() {
        if at >= least && signs.contains(c) && !before.is_some_and(|b| guards.contains(&b)) {
            return Ok(at);
        }
        before = Some(c);
    }
    Err(format!("no end of {:?}", text.chars().take(40).collect::<String>()))
}

/// A number, or a number and its tolerance.
fn numerical(text: &str) -> Option<(f64, f64)> {
    let (value, tolerance) = match text.split_once(':') {
        Some((value, tolerance)) => (number(value)?, number(tolerance)?.abs()),
        None => (number(text)?, 0.0),
    };
    Some((value, tolerance))
}

/// `-?`, digits with a point or comma at most, an exponent perhaps: no `+` in front, no blanks, no words.
fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let plain = unsigned.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
    let signs = unsigned.chars().all(|c| c.is_ascii_digit() || ".,eE+-".contains(c));
    (plain && signs).then(|| text.replace(',', ".").parse().ok()).flatten()
}

#[test]
fn the_examples_of_the_documentation_are_read() {
    let text = "{1:MULTICHOICE:Wrong answer#Feedback~=Correct answer#Another~%50%Half} then \
                {1:SHORTANSWER:%100%Paris#Fine~*#No} and {2:NUMERICAL:=23.8:0.1#Good~%50%23.8:2} {:NM:=-,5e-3}";
    let found = entries(text).unwrap();
    let shares: Vec<usize> = found.iter().map(|entry| entry.share).collect();
    assert_eq!(shares, [1, 1, 2, 1]);
    assert_eq!(found[0].alternatives.len(), 3);
    assert_eq!(found[0].alternatives[2].fraction, 0.5);
    assert_eq!(found[2].right(), (23.8, 0.1));
    assert_eq!(found[3].right(), (-5e-4, 0.0));
    let escaped = entries(r"{1:SA:=a\}b\#c#so\}~d}").unwrap();
    assert_eq!(escaped[0].alternatives[0].answer, "a}b#c");
    for (wrong, message) in [
        ("no entry {in} here", "no entries"),
        ("{1:NUMERICAL:=about 3}", "no number"),
        ("{1:NUMERICAL:=+3}", "no number"),
        ("{1:MULTICHOICE:=1}", "a list of one"),
        ("{1:NUMERICAL:3:0.1}", "without a right answer"),
        ("{1:NUMERICAL:=3", "no end"),
        ("{1:NM:=1} {#1}", "place of an entry"),
    ] {
        let error = entries(wrong).unwrap_err();
        assert!(error.contains(message), "{wrong}: {error}");
    }
}

#[test]
fn what_moodle_does_not_know_is_found() {
    let file = |inside: &str| format!("<?xml version=\"1.0\"?><quiz>{inside}</quiz>");
    let question = "<question type=\"cloze\"><name><text>a</text></name>\
                    <questiontext format=\"html\"><text>{1:NM:=1}</text></questiontext></question>";
    assert_eq!(read(&file(question)).unwrap().questions.len(), 1);
    for (from, to) in [
        ("type=\"cloze\"", "type=\"close\""),
        ("<name>", "<title>"),
        ("format=\"html\"", "format=\"tex\""),
        ("<name><text>a</text></name>", ""),
        ("<name>", "words<name>"),
        ("</quiz>", ""),
        ("</question>", "<hidden>no</hidden></question>"),
        ("</question>", "<penalty>2</penalty></question>"),
    ] {
        let broken = file(question).replacen(from, to, 1);
        assert!(read(&broken).is_err(), "{broken}");
    }
}
