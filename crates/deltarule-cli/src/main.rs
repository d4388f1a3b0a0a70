//! The command `deltarule`.
fn main() {
    let text = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    let ex = deltarule_exercise::Exercise::parse(&text, "file").unwrap_or_else(|d| {
        eprintln!("{}", d.render(80));
        std::process::exit(2)
    });
    let s = deltarule_exercise::solve(&ex).unwrap();
    print!(
        "{}",
        deltarule_document::render_text(&deltarule_exercise::to_document(&s), &Default::default())
    );
}
