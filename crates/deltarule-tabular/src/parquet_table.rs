//! Parquet files: their columns, read by their physical types, a chunk of rows at a time.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Once;

use half::f16;
use num_bigint::BigInt;
use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::column::reader::{ColumnReaderImpl, get_typed_column_reader};
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type,
    Int64Type,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::schema::types::Type;

use crate::arrow_schema::duration_units;
use crate::chunk::{ColumnData, ColumnValues, TextValues};

/// A Parquet file that is open.
pub(crate) struct ParquetTable {
    file: Box<dyn FileReader>,
    /// The unit of each column that is a duration, as far as the writer says so.
    durations: Vec<Option<&'static str>>,
}

/// Reads the cells of as many rows of a column as it is asked for; None for a column of the type null.
pub(crate) type CellReader<'a> = Box<dyn FnMut(usize) -> Result<Option<ColumnData>> + 'a>;

/// What the values of a column mean.
enum Meaning {
    Signed,
    Unsigned,
    /// Digits and a scale: a whole number of any length as text, another as the nearest f64.
    Decimal(u32),
    Other,
}

thread_local! {
    /// Whether this thread is in [`guarded`].
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Lets the crate read. On some damaged files it panics, which for whoever reads the file is one more way of being damaged:
/// an error, and nothing on standard error.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                report(panic);
            }
        }));
    });
    GUARDED.set(true);
    // What was half read is not looked at again.
    let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    GUARDED.set(false);
    read.unwrap_or_else(|_| Err(ParquetError::General("its contents are damaged".into())))
}

impl ParquetTable {
    pub(crate) fn open(bytes: impl ChunkReader + 'static) -> Result<Self> {
        let file = SerializedFileReader::new(bytes)?;
        let metadata = file.metadata().file_metadata().key_value_metadata();
        let schema = metadata.into_iter().flatten().find(|pair| pair.key == "ARROW:schema");
        let durations = schema.and_then(|pair| duration_units(pair.value.as_deref()?));
        Ok(Self { file: Box::new(file), durations: durations.unwrap_or_default() })
    }

    fn fields(&self) -> &[parquet::schema::types::TypePtr] {
        self.file.metadata().file_metadata().schema().get_fields()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.fields().iter().map(|field| field.name().to_string()).collect()
    }

    pub(crate) fn rows(&self) -> usize {
        let groups = self.file.metadata().row_groups();
        groups.iter().map(|group| usize::try_from(group.num_rows()).unwrap_or(0)).sum()
    }

    /// What reads the column at this place.
    ///
    /// # Errors
    /// The column's type, where it is none that a cell can have.
    pub(crate) fn column(&self, place: usize) -> std::result::Result<CellReader<'_>, String> {
        let field = &self.fields()[place];
        let refuse = || Err(type_name(field));
        if !field.is_primitive() || field.get_basic_info().repetition() == Repetition::REPEATED {
            return refuse();
        }
        if let Some(Some(unit)) = self.durations.get(place) {
            return Err(format!("Duration({unit})"));
        }
        let (logical, converted) =
            (field.get_basic_info().logical_type_ref(), field.get_basic_info().converted_type());
        if logical == Some(&LogicalType::Unknown) {
            return Ok(Box::new(|_| Ok(None)));
        }
        let meaning = match (logical, converted) {
            (Some(LogicalType::Integer(int)), _) if int.is_signed => Meaning::Signed,
            (Some(LogicalType::Integer(_)), _) => Meaning::Unsigned,
            (Some(LogicalType::Decimal(decimal)), _) => match u32::try_from(decimal.scale) {
                Ok(scale) => Meaning::Decimal(scale),
                Err(_) => return refuse(),
            },
            (Some(_), _) => Meaning::Other,
            (
                None,
                ConvertedType::INT_8
                | ConvertedType::INT_16
                | ConvertedType::INT_32
                | ConvertedType::INT_64,
            ) => Meaning::Signed,
            (
                None,
                ConvertedType::UINT_8
                | ConvertedType::UINT_16
                | ConvertedType::UINT_32
                | ConvertedType::UINT_64,
            ) => Meaning::Unsigned,
            (None, ConvertedType::DECIMAL) => match u32::try_from(field.get_scale()) {
                Ok(scale) => Meaning::Decimal(scale),
                Err(_) => return refuse(),
            },
            (None, ConvertedType::NONE)
                if matches!(
                    field.get_physical_type(),
                    PhysicalType::INT32 | PhysicalType::INT64
                ) =>
            {
                Meaning::Signed
            }
            (None, _) => Meaning::Other,
        };
        let text = matches!(logical, Some(LogicalType::String | LogicalType::Json))
            || logical.is_none() && matches!(converted, ConvertedType::UTF8 | ConvertedType::JSON);
        let leaf = self.leaf(place);
        Ok(match (field.get_physical_type(), meaning) {
            (PhysicalType::BOOLEAN, _) => {
                self.cells::<BoolType, _>(leaf, |v| Ok(*v), ColumnValues::Boolean)
            }
            (PhysicalType::FLOAT, _) => {
                self.cells::<FloatType, _>(leaf, |v| Ok(f64::from(*v)), ColumnValues::Float)
            }
            (PhysicalType::DOUBLE, _) => {
                self.cells::<DoubleType, _>(leaf, |v| Ok(*v), ColumnValues::Float)
            }
            (PhysicalType::INT32, Meaning::Signed) => {
                self.cells::<Int32Type, _>(leaf, |v| Ok(i64::from(*v)), ColumnValues::Signed)
            }
            (PhysicalType::INT32, Meaning::Unsigned) => {
                let unsigned = |v: &i32| Ok(u64::from(v.cast_unsigned()));
                self.cells::<Int32Type, _>(leaf, unsigned, ColumnValues::Unsigned)
            }
            (PhysicalType::INT64, Meaning::Signed) => {
                self.cells::<Int64Type, _>(leaf, |v| Ok(*v), ColumnValues::Signed)
            }
            (PhysicalType::INT64, Meaning::Unsigned) => {
                self.cells::<Int64Type, _>(leaf, |v| Ok(v.cast_unsigned()), ColumnValues::Unsigned)
            }
            (PhysicalType::INT32, Meaning::Decimal(scale)) => {
                self.decimals::<Int32Type>(leaf, scale, |v| Ok(i128::from(*v).into()))
            }
            (PhysicalType::INT64, Meaning::Decimal(scale)) => {
                self.decimals::<Int64Type>(leaf, scale, |v| Ok(i128::from(*v).into()))
            }
            (PhysicalType::BYTE_ARRAY, Meaning::Decimal(scale)) => {
                self.decimals::<ByteArrayType>(leaf, scale, |v| Ok(DecimalDigits::of(v.data())))
            }
            (PhysicalType::FIXED_LEN_BYTE_ARRAY, Meaning::Decimal(scale)) => {
                self.decimals::<FixedLenByteArrayType>(leaf, scale, |v| {
                    Ok(DecimalDigits::of(v.data()))
                })
            }
            (PhysicalType::BYTE_ARRAY, _) if text => {
                self.texts::<ByteArrayType>(leaf, |v| Ok(v.as_utf8()?.into()))
            }
            (PhysicalType::FIXED_LEN_BYTE_ARRAY, _) if logical == Some(&LogicalType::Float16) => {
                let number = |v: &parquet::data_type::FixedLenByteArray| match v.data() {
                    [low, high] => Ok(f16::from_le_bytes([*low, *high]).to_f64()),
                    _ => Err(ParquetError::General("a half float of other than two bytes".into())),
                };
                self.cells::<FixedLenByteArrayType, _>(leaf, number, ColumnValues::Float)
            }
            _ => return refuse(),
        })
    }

    /// Where a column that is not nested stands among the leaves of the schema.
    fn leaf(&self, place: usize) -> usize {
        let schema = self.file.metadata().file_metadata().schema_descr();
        (0..schema.num_columns())
            .find(|leaf| schema.get_column_root_idx(*leaf) == place)
            .unwrap_or_else(|| schema.num_columns())
    }

    /// Cells whose values have one size.
    fn cells<'a, T: DataType, V: Clone + Default + 'a>(
        &'a self,
        leaf: usize,
        convert: impl Fn(&T::T) -> Result<V> + 'a,
        wrap: fn(Vec<V>) -> ColumnValues,
    ) -> CellReader<'a> {
        let mut leaf = LeafReader::<T>::new(&*self.file, leaf);
        Box::new(move |rows| {
            let missing = leaf.read(rows)?;
            let mut values = Vec::with_capacity(rows);
            leaf.each(rows, missing.as_deref(), |value| {
                values.push(value.map_or_else(|| Ok(V::default()), &convert)?);
                Ok(())
            })?;
            data(wrap(values), missing)
        })
    }

    /// Cells of text.
    fn texts<'a, T: DataType>(
        &'a self,
        leaf: usize,
        text: impl Fn(&T::T) -> Result<Cow<'_, str>> + 'a,
    ) -> CellReader<'a> {
        let mut leaf = LeafReader::<T>::new(&*self.file, leaf);
        Box::new(move |rows| {
            let missing = leaf.read(rows)?;
            let mut values = TextValues::default();
            leaf.each(rows, missing.as_deref(), |value| {
                match value {
                    Some(value) => values.push(&text(value)?),
                    None => values.push(""),
                }
                Ok(())
            })?;
            data(ColumnValues::Text(values), missing)
        })
    }

    fn decimals<'a, T: DataType>(
        &'a self,
        leaf: usize,
        scale: u32,
        digits: impl Fn(&T::T) -> Result<DecimalDigits> + 'a,
    ) -> CellReader<'a> {
        if scale == 0 {
            // As text, which has all the digits.
            self.texts::<T>(leaf, move |v| Ok(digits(v)?.to_string().into()))
        } else {
            self.cells::<T, _>(leaf, move |v| digits(v)?.number(scale), ColumnValues::Float)
        }
    }
}

fn data(values: ColumnValues, missing: Option<Vec<bool>>) -> Result<Option<ColumnData>> {
    let data = ColumnData::new(values, missing);
    data.map(Some).map_err(|error| ParquetError::General(error.to_string()))
}

/// The digits of a decimal number, without its point.
enum DecimalDigits {
    Short(i128),
    Long(BigInt),
}

impl From<i128> for DecimalDigits {
    fn from(digits: i128) -> Self {
        Self::Short(digits)
    }
}

impl DecimalDigits {
    /// Digits in two's complement, the highest byte first.
    fn of(bytes: &[u8]) -> Self {
        if bytes.len() > 16 {
            return Self::Long(BigInt::from_signed_bytes_be(bytes));
        }
        let negative = bytes.first().is_some_and(|byte| *byte >= 0x80);
        let mut whole = [if negative { 0xff } else { 0 }; 16];
        whole[16 - bytes.len()..].copy_from_slice(bytes);
        Self::Short(i128::from_be_bytes(whole))
    }

    /// The f64 nearest to the number with this many digits behind its point.
    fn number(&self, scale: u32) -> Result<f64> {
        if let Self::Short(digits) = self
            && digits.unsigned_abs() < 1 << 53
            && scale <= 22
        {
            // Both are exact in f64, so that this rounds once.
            return Ok(*digits as f64 / 10_f64.powi(scale.cast_signed()));
        }
        let number = format!("{self}e-{scale}").parse();
        number.map_err(|_| ParquetError::General(format!("{self} is no number")))
    }
}

impl std::fmt::Display for DecimalDigits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Short(digits) => digits.fmt(f),
            Self::Long(digits) => digits.fmt(f),
        }
    }
}

/// Reads a leaf column across the row groups.
struct LeafReader<'a, T: DataType> {
    file: &'a dyn FileReader,
    leaf: usize,
    /// The row group that is read next.
    group: usize,
    reader: Option<ColumnReaderImpl<T>>,
    /// Of a row, 1 if it has a value; empty for a column in which every row has.
    levels: Vec<i16>,
    /// Only those of the rows that have one.
    values: Vec<T::T>,
}

impl<'a, T: DataType> LeafReader<'a, T> {
    fn new(file: &'a dyn FileReader, leaf: usize) -> Self {
        Self { file, leaf, group: 0, reader: None, levels: Vec::new(), values: Vec::new() }
    }

    /// Reads the next rows, and says which are missing, if any is.
    fn read(&mut self, rows: usize) -> Result<Option<Vec<bool>>> {
        self.levels.clear();
        self.values.clear();
        let mut done = 0;
        while done < rows {
            let reader = match &mut self.reader {
                Some(reader) => reader,
                None if self.group < self.file.num_row_groups() => {
                    let group = self.file.get_row_group(self.group)?;
                    self.group += 1;
                    self.reader.insert(get_typed_column_reader(group.get_column_reader(self.leaf)?))
                }
                None => {
                    let message = "a column has fewer rows than the file says";
                    return Err(ParquetError::General(message.into()));
                }
            };
            let (levels, values) = (&mut self.levels, &mut self.values);
            let (records, _, _) = reader.read_records(rows - done, Some(levels), None, values)?;
            done += records;
            if records == 0 {
                self.reader = None;
            }
        }
        let any_missing = self.levels.contains(&0);
        Ok(any_missing.then(|| self.levels.iter().map(|level| *level == 0).collect()))
    }

    /// Hands on the value of each row that was read.
    fn each(
        &self,
        rows: usize,
        missing: Option<&[bool]>,
        mut take: impl FnMut(Option<&T::T>) -> Result<()>,
    ) -> Result<()> {
        let mut values = self.values.iter();
        (0..rows).try_for_each(|row| {
            let there = missing.is_none_or(|missing| !missing[row]);
            match there.then(|| values.next()) {
                Some(None) => {
                    let message = "a column has fewer values than the file says";
                    Err(ParquetError::General(message.into()))
                }
                Some(value) => take(value),
                None => take(None),
            }
        })
    }
}

/// What a message calls the type of a column: the name that it has in Arrow.
fn type_name(field: &Type) -> String {
    let info = field.get_basic_info();
    let (logical, converted) = (info.logical_type_ref(), info.converted_type());
    if !field.is_primitive() || info.repetition() == Repetition::REPEATED {
        let list = matches!(logical, Some(LogicalType::List)) || converted == ConvertedType::LIST;
        let map = matches!(logical, Some(LogicalType::Map))
            || matches!(converted, ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE);
        let name = match (list || info.repetition() == Repetition::REPEATED, map) {
            (true, _) => "List",
            (_, true) => "Map",
            _ => "Struct",
        };
        return name.into();
    }
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => "ms",
        TimeUnit::MICROS => "µs",
        TimeUnit::NANOS => "ns",
    };
    match (logical, converted, field.get_physical_type()) {
        (Some(LogicalType::Date), ..) | (None, ConvertedType::DATE, _) => "Date32".into(),
        (Some(LogicalType::Time(time)), ..) => match time.unit {
            TimeUnit::MILLIS => "Time32(ms)".into(),
            ref other => format!("Time64({})", unit(other)),
        },
        (None, ConvertedType::TIME_MILLIS, _) => "Time32(ms)".into(),
        (None, ConvertedType::TIME_MICROS, _) => "Time64(µs)".into(),
        (Some(LogicalType::Timestamp(time)), ..) => {
            let zone = if time.is_adjusted_to_u_t_c { ", \"UTC\"" } else { "" };
            format!("Timestamp({}{zone})", unit(&time.unit))
        }
        (None, ConvertedType::TIMESTAMP_MILLIS, _) => "Timestamp(ms, \"UTC\")".into(),
        (None, ConvertedType::TIMESTAMP_MICROS, _) => "Timestamp(µs, \"UTC\")".into(),
        (None, ConvertedType::INTERVAL, _) => "Interval(DayTime)".into(),
        (_, _, PhysicalType::INT96) => "Timestamp(ns)".into(),
        (_, _, PhysicalType::BYTE_ARRAY) => "Binary".into(),
        (_, _, PhysicalType::FIXED_LEN_BYTE_ARRAY) => match field {
            Type::PrimitiveType { type_length, .. } => format!("FixedSizeBinary({type_length})"),
            Type::GroupType { .. } => "Struct".into(),
        },
        (Some(logical), ..) => format!("{logical:?}"),
        (None, converted, _) => converted.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_the_nearest_numbers_and_keep_their_digits() {
        for (bytes, digits) in [
            (&[0xff][..], "-1"),
            (&[0x80, 0], "-32768"),
            (&[0, 0xff], "255"),
            (&[], "0"),
            (&[0x7f; 16], "169473963133173273960190490760135540607"),
            (&[0xfe; 17], "-341616807575530379006368233343265341698"),
        ] {
            assert_eq!(DecimalDigits::of(bytes).to_string(), digits);
            for scale in [1, 2, 9, 22, 23, 60] {
                let nearest: f64 = format!("{digits}e-{scale}").parse().unwrap();
                assert_eq!(
                    DecimalDigits::of(bytes).number(scale).unwrap(),
                    nearest,
                    "{digits} {scale}"
                );
            }
        }
    }
}
