//! Breaks equations into lines, for every renderer: widths are counted in characters of text.

use std::ops::Range;

use crate::math::Math;
use crate::matrix::Matrix;
use crate::text::inline;
use crate::tree::Equation;

/// How far what continues a relation stands behind its sign.
const INDENT: usize = 4;

/// One line of an equation.
pub(crate) struct EquationLine<'a> {
    /// Whether the line starts with the left side or a relation, or continues one.
    pub(crate) continues: bool,
    pub(crate) atoms: Vec<Atom<'a>>,
}

/// What is not broken.
pub(crate) enum Atom<'a> {
    /// A relation's sign.
    Relation(char),
    /// Pieces without a matrix that stands by itself.
    Pieces(Vec<Piece<'a>>),
    /// Columns of a matrix, as far as they fit.
    Columns(MatrixColumns<'a>),
}

/// A piece of a formula, or one side of a bracket that was too wide to stay whole.
#[derive(Clone)]
pub(crate) enum Piece<'a> {
    Math(&'a Math),
    Side(char),
}

/// Some columns of a matrix.
pub(crate) struct MatrixColumns<'a> {
    pub(crate) matrix: &'a Matrix,
    /// Places among the columns that are shown.
    pub(crate) range: Range<usize>,
    /// What stands above the closing bracket: ᵀ.
    pub(crate) upper: Option<&'a Math>,
    pub(crate) digits: usize,
    /// Whether the size and the norm of a matrix that is shown by its corners are told, as a note below its last columns:
    /// beside it they would be read as a factor.
    pub(crate) noted: bool,
}

impl<'a> MatrixColumns<'a> {
    /// Whether these are the first columns.
    pub(crate) fn opens(&self) -> bool {
        self.range.start == 0
    }

    /// Whether these are the last columns.
    pub(crate) fn closes(&self) -> bool {
        self.range.end == self.matrix.shown_columns().len()
    }

    /// The matrix whose size and norm stand below these columns.
    pub(crate) fn note(&self) -> Option<&'a Matrix> {
        (self.noted && self.closes() && self.matrix.norm().is_some()).then_some(self.matrix)
    }

    /// What stands in each place, row by row.
    pub(crate) fn cells(&self) -> Vec<Vec<String>> {
        let cells = self.matrix.cells(self.digits);
        cells.into_iter().map(|row| row[self.range.clone()].to_vec()).collect()
    }
}

/// The lines of an equation, none wider than this where a number fits into it.
pub(crate) fn lines(equation: &Equation, width: usize, digits: usize) -> Vec<EquationLine<'_>> {
    broken(equation, width, digits, false)
}

/// The same for text, where no bracket is as high as a matrix: those around one are opened.
pub(crate) fn lines_of_text(
    equation: &Equation,
    width: usize,
    digits: usize,
) -> Vec<EquationLine<'_>> {
    broken(equation, width, digits, true)
}

fn broken(equation: &Equation, width: usize, digits: usize, text: bool) -> Vec<EquationLine<'_>> {
    let atoms = |math, width| atoms(math, LineRoom { width, digits, text });
    let left = atoms(&equation.left, width);
    let left_width = total(&left, digits);
    // Behind a long left side the relations start further to the left, under it.
    let start = if left_width <= width / 4 { left_width + 1 } else { INDENT };
    let mut lines = vec![EquationLine { continues: false, atoms: left }];
    let mut used = left_width;
    for (i, relation) in equation.relations.iter().enumerate() {
        let right = atoms(&relation.right, width.saturating_sub(start + INDENT));
        let whole = 3 + total(&right, digits);
        if i > 0 && used + whole > width {
            lines.push(EquationLine { continues: false, atoms: Vec::new() });
            used = start;
        }
        let mut sign = Some(Atom::Relation(relation.sign));
        used += 3;
        // What stands in a bracket stays in one line where one is wide enough.
        let mut held_until = 0;
        let ends = held_ends(&right);
        let widths: Vec<usize> = right.iter().map(|atom| atom_width(atom, digits) + 1).collect();
        for (i, atom) in right.into_iter().enumerate() {
            let first = sign.is_some();
            let fresh = start + if first { 3 } else { INDENT };
            let held: usize = widths[i..ends[i].whole].iter().sum();
            let whole_fits = fresh + held <= width + 1;
            let wide = if whole_fits { held } else { widths[i..ends[i].least].iter().sum() };
            if i >= held_until && used + wide > width && (!first || used > start + 3) {
                lines.push(EquationLine { continues: !first, atoms: Vec::new() });
                used = fresh;
            }
            if whole_fits {
                held_until = held_until.max(ends[i].whole);
            }
            used += atom_width(&atom, digits) + 1;
            if let Some(line) = lines.last_mut() {
                line.atoms.extend(sign.take());
                line.atoms.push(atom);
            }
        }
    }
    lines.retain(|line| !line.atoms.is_empty());
    lines
}

/// Behind which of the following atoms there may be a break.
struct HeldEnds {
    /// With every bracket that is opened here closed again, and the factors of a product together.
    whole: usize,
    /// Where that is too wide: a factor with its sign stays with the matrix that it multiplies.
    least: usize,
}

/// The same for every atom of a side.
fn held_ends(atoms: &[Atom<'_>]) -> Vec<HeldEnds> {
    let ends = |i: usize| {
        let mut whole = closed(atoms, i);
        while let (Some(last), Some(next)) = (atoms.get(whole - 1), atoms.get(whole)) {
            let sign = starting_sign(next);
            if sign == Some('·') || (is_signed(last) && sign.is_none()) {
                whole = closed(atoms, whole);
            } else {
                break;
            }
        }
        let signed = is_signed(&atoms[i]) && i + 1 < atoms.len();
        HeldEnds { whole, least: i + 1 + usize::from(signed) }
    };
    (0..atoms.len()).map(ends).collect()
}

/// Behind which atom every bracket is closed that is opened in this one.
fn closed(atoms: &[Atom<'_>], start: usize) -> usize {
    let mut depth = 0;
    for (i, atom) in atoms.iter().enumerate().skip(start) {
        depth += opened(atom);
        if depth <= 0 {
            return i + 1;
        }
    }
    atoms.len()
}

/// The sign between two summands or factors that an atom begins with.
fn starting_sign(atom: &Atom<'_>) -> Option<char> {
    match atom {
        Atom::Pieces(pieces) => match pieces.first() {
            Some(Piece::Math(Math::Sign(sign @ ('+' | '−' | '∘' | '·')))) => Some(*sign),
            _ => None,
        },
        Atom::Relation(_) | Atom::Columns(_) => None,
    }
}

/// How many more brackets are opened than closed in an atom.
fn opened(atom: &Atom<'_>) -> i32 {
    let Atom::Pieces(pieces) = atom else { return 0 };
    let one = |piece: &Piece<'_>| match piece {
        Piece::Side('(' | '[') => 1,
        Piece::Side(')' | ']') => -1,
        Piece::Side(_) | Piece::Math(_) => 0,
    };
    pieces.iter().map(one).sum()
}

/// Whether an atom is a sign with or without a factor, or ends with the name of a function or an opened bracket, so that a
/// matrix belongs behind it.
fn is_signed(atom: &Atom<'_>) -> bool {
    let open = |pieces: &[Piece<'_>]| {
        matches!(pieces.last(), Some(Piece::Math(Math::Word(_)) | Piece::Side('(' | '[')))
    };
    starting_sign(atom).is_some() || matches!(atom, Atom::Pieces(pieces) if open(pieces))
}

/// What there is for the pieces of a side.
#[derive(Clone, Copy)]
struct LineRoom {
    width: usize,
    digits: usize,
    text: bool,
}

fn total(atoms: &[Atom<'_>], digits: usize) -> usize {
    atoms.iter().map(|atom| atom_width(atom, digits) + 1).sum::<usize>().saturating_sub(1)
}

pub(crate) fn atom_width(atom: &Atom<'_>, digits: usize) -> usize {
    match atom {
        Atom::Relation(_) => 1,
        Atom::Pieces(pieces) => text_of(pieces, digits).chars().count(),
        Atom::Columns(columns) => {
            let widths = column_widths(columns.matrix, digits);
            let wide = widths[columns.range.clone()].iter().map(|w| w + 2).sum::<usize>() + 2;
            let note = columns.note().and_then(|matrix| size_text(matrix, digits));
            wide.max(note.map_or(0, |note| note.chars().count()))
        }
    }
}

/// Pieces in one line of text: as one formula, since a fraction is read by what stands behind it.
pub(crate) fn text_of(pieces: &[Piece<'_>], digits: usize) -> String {
    let row = pieces.iter().map(|piece| match piece {
        Piece::Math(math) => (*math).clone(),
        Piece::Side(side) => Math::Sign(*side),
    });
    inline(&Math::Row(row.collect()), digits)
}

/// The size and the norm of a matrix of which only the corners are shown.
pub(crate) fn size_text(matrix: &Matrix, digits: usize) -> Option<String> {
    let norm = matrix.norm()?;
    let size = format!("({} × {}", matrix.rows(), matrix.columns());
    Some(if matrix.is_hidden() {
        size + ")"
    } else {
        format!("{size}, norm {})", crate::number::format_number(norm, digits))
    })
}

/// How wide each column that is shown is, aligned at the decimal point.
fn column_widths(matrix: &Matrix, digits: usize) -> Vec<usize> {
    let cells = matrix.cells(digits);
    (0..matrix.shown_columns().len())
        .map(|c| {
            let sides = cells.iter().map(|row| sides(&row[c]));
            let (before, after) =
                sides.fold((0, 0), |(b, a), (before, after)| (b.max(before), a.max(after)));
            before + after
        })
        .collect()
}

/// How many characters stand before the decimal point, and from it on.
pub(crate) fn sides(cell: &str) -> (usize, usize) {
    let before = cell.split('.').next().unwrap_or("").chars().count();
    (before, cell.chars().count() - before)
}

fn atoms<'a>(math: &'a Math, room: LineRoom) -> Vec<Atom<'a>> {
    let mut pieces = Vec::new();
    flatten(math, room, &mut pieces);
    let mut atoms = Vec::new();
    let mut run: Vec<Piece<'a>> = Vec::new();
    let mut after_space = false;
    for piece in pieces {
        let (matrix, upper) = match &piece {
            Piece::Math(Math::Matrix(matrix)) => (Some(matrix), None),
            Piece::Math(Math::Upper(base, upper)) => match &**base {
                Math::Matrix(matrix) => (Some(matrix), Some(&**upper)),
                _ => (None, None),
            },
            _ => (None, None),
        };
        if let Some(matrix) = matrix {
            close(&mut run, &mut atoms);
            blocks(matrix, upper, room, &mut atoms);
            after_space = false;
            continue;
        }
        if let Piece::Math(Math::Space) = piece {
            after_space = true;
        } else {
            let binary = matches!(piece, Piece::Math(Math::Sign('+' | '−' | '∘' | '·')));
            if after_space && binary {
                close(&mut run, &mut atoms);
            } else if after_space && !run.is_empty() {
                run.push(Piece::Math(&Math::Space));
            }
            run.push(piece);
            after_space = false;
        }
    }
    close(&mut run, &mut atoms);
    atoms
}

fn close<'a>(run: &mut Vec<Piece<'a>>, atoms: &mut Vec<Atom<'a>>) {
    if !run.is_empty() {
        atoms.push(Atom::Pieces(std::mem::take(run)));
    }
}

/// The pieces at the top level; brackets that hold too much for a line are opened.
fn flatten<'a>(math: &'a Math, room: LineRoom, out: &mut Vec<Piece<'a>>) {
    match math {
        Math::Row(row) => row.iter().for_each(|piece| flatten(piece, room, out)),
        Math::Bracket(open, inside, close)
            if inline(math, room.digits).chars().count() > room.width
                || (room.text && is_tall(inside)) =>
        {
            out.push(Piece::Side(*open));
            flatten(inside, room, out);
            out.push(Piece::Side(*close));
        }
        other => out.push(Piece::Math(other)),
    }
}

/// Whether a matrix of several rows stands in it that is no part of a fraction or a root.
fn is_tall(math: &Math) -> bool {
    match math {
        Math::Row(row) => row.iter().any(is_tall),
        Math::Bracket(_, inside, _) | Math::Upper(inside, _) => is_tall(inside),
        Math::Matrix(matrix) => matrix.shown_rows().len() > 1,
        _ => false,
    }
}

/// Cuts a matrix into blocks of columns that fit.
fn blocks<'a>(
    matrix: &'a Matrix,
    upper: Option<&'a Math>,
    LineRoom { width, digits, .. }: LineRoom,
    atoms: &mut Vec<Atom<'a>>,
) {
    let widths = column_widths(matrix, digits);
    let mut start = 0;
    let mut used = 0;
    let mut push = |range| {
        atoms.push(Atom::Columns(MatrixColumns { matrix, range, upper, digits, noted: true }));
    };
    for (i, wide) in widths.iter().enumerate() {
        if used > 0 && used + wide + 4 > width {
            push(start..i);
            start = i;
            used = 0;
        }
        used += wide + 2;
    }
    push(start..widths.len());
}
