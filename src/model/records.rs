//! The records of one entity of one source: Arrow columns in the canonical order.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, LargeStringArray, UInt32Array, UInt32Builder,
};
use arrow::compute::filter;
use arrow::datatypes::UInt32Type;

use super::order::by_id;
use super::texts::TextsBuilder;
use super::{Entity, Field, Kind, Texts, blank_column, column, fields};

/// The position of a source in the run: 0 is the hub, then the others in fold order.
pub type SourceIx = u16;

/// One record of the run, within one entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordRef {
    /// The source.
    pub source: SourceIx,
    /// The row in that source's [`Records`] of the entity.
    pub row: u32,
}

/// A file that records came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// The path as shown to people: relative to the pipeline's folder, `archive.zip/member.csv` inside archives.
    pub path: String,
    /// For each canonical column of the entity (by position in [`fields`]): whether the file carries it. A
    /// column that is not carried is unknown, which is not the same as blank.
    pub carried: Vec<bool>,
}

/// All records of one entity of one source.
#[derive(Debug, Clone)]
pub struct Records {
    /// The source.
    pub source: SourceIx,
    /// The entity.
    pub entity: Entity,
    /// The files, by the index in the column `source_file`.
    pub files: Vec<FileInfo>,
    /// Rows in the files: the records plus the quarantined rows, without implied records.
    pub rows_read: u64,
    /// Rows that could not become a record.
    pub quarantined: u64,
    /// The column `record_id`, which is asked for more than all others together.
    ids: LargeStringArray,
    columns: Vec<ArrayRef>,
}

impl Records {
    /// Wraps the columns of `entity`: its [`fields`] as [`Texts`], then `source_file` (the index of the file in
    /// [`Records::files`]) and `source_line`, both `UInt32`.
    ///
    /// # Panics
    /// If there are others, or a record has no id: the stage that made them is wrong.
    #[must_use]
    pub fn new(source: SourceIx, entity: Entity, files: Vec<FileInfo>, columns: Vec<ArrayRef>) -> Self {
        assert_eq!(columns.len(), fields(entity).len() + 2, "records of {entity} have other columns");
        let ids: &LargeStringArray = columns[0].as_string();
        assert_eq!(ids.null_count(), 0, "every record of {entity} has an id");
        assert!(
            columns.iter().all(|column| column.len() == ids.len()),
            "columns of {entity} differ in length"
        );
        Self { source, entity, files, rows_read: 0, quarantined: 0, ids: ids.clone(), columns }
    }

    /// The number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// True when there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All columns, as [`Records::new`] takes them.
    #[must_use]
    pub fn columns(&self) -> &[ArrayRef] {
        &self.columns
    }

    /// The columns alone, so that they can be let go one by one.
    #[must_use]
    pub fn into_columns(self) -> Vec<ArrayRef> {
        self.columns
    }

    /// Puts other cells into the column at `position` of [`fields`].
    ///
    /// # Panics
    /// If there are not as many as records, or a record would lose its id.
    pub fn replace<S: AsRef<str>>(&mut self, position: usize, cells: impl IntoIterator<Item = Option<S>>) {
        let mut builder = builder_of(position, &fields(self.entity)[position], self.len());
        cells.into_iter().for_each(|cell| builder.append(cell.as_ref().map(AsRef::as_ref)));
        assert_eq!(builder.len(), self.len(), "one cell per record");
        self.columns[position] = builder.finish();
        if position == 0 {
            self.ids = self.columns[0].as_string().clone();
            assert_eq!(self.ids.null_count(), 0, "every record has an id");
        }
    }

    /// The position of the column `name`, or `None` when the entity has no such column.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        fields(self.entity).iter().position(|field| field.name == name)
    }

    /// The column `name`.
    ///
    /// # Panics
    /// If the entity has no such column: names come from [`column`], so the caller is wrong.
    #[must_use]
    pub fn text(&self, name: &str) -> Texts<'_> {
        let position =
            self.position(name).unwrap_or_else(|| panic!("{} has no column `{name}`", self.entity));
        self.text_at(position)
    }

    /// The column at `position` of [`fields`].
    ///
    /// # Panics
    /// If there is no such column.
    #[must_use]
    pub fn text_at(&self, position: usize) -> Texts<'_> {
        Texts::of(&self.columns[position])
    }

    /// The ids, by row.
    #[must_use]
    pub fn ids(&self) -> &LargeStringArray {
        &self.ids
    }

    /// The value of the column `name` in `row`, `None` when it is null or only white space, or when the
    /// entity has no such column.
    #[must_use]
    pub fn get(&self, row: u32, name: &str) -> Option<&str> {
        self.text_at(self.position(name)?).get(row as usize).filter(|value| !value.trim().is_empty())
    }

    /// The cells of the column `name`, for loops over rows: finds the column once.
    #[must_use]
    pub fn cells(&self, name: &str) -> Cells<'_> {
        Cells { texts: self.position(name).map(|position| self.text_at(position)) }
    }

    /// The rows in the order of their ids, those of one id in their own.
    ///
    /// # Panics
    /// If there are 4 billion records.
    #[must_use]
    pub fn by_id(&self) -> Vec<u32> {
        by_id(&self.ids)
    }

    /// The id of the record in `row`.
    #[must_use]
    pub fn id(&self, row: u32) -> &str {
        self.ids.value(row as usize)
    }

    /// The position in [`Records::files`] of the file of the record in `row`.
    #[must_use]
    pub fn file_at(&self, row: u32) -> usize {
        self.place(column::SOURCE_FILE).value(row as usize) as usize
    }

    /// The file of the record in `row`.
    #[must_use]
    pub fn file(&self, row: u32) -> &FileInfo {
        &self.files[self.file_at(row)]
    }

    /// The line of the record in `row`, from 1; 0 for an implied record.
    #[must_use]
    pub fn line(&self, row: u32) -> u32 {
        self.place(column::SOURCE_LINE).value(row as usize)
    }

    /// Whether the file of the record in `row` carries the column at `position` of [`fields`].
    #[must_use]
    pub fn is_carried(&self, row: u32, position: usize) -> bool {
        self.file(row).carried.get(position).copied().unwrap_or(false)
    }

    fn place(&self, name: &str) -> &UInt32Array {
        let count = fields(self.entity).len();
        let position = if name == column::SOURCE_FILE { count } else { count + 1 };
        self.columns[position].as_primitive::<UInt32Type>()
    }
}

/// Whether a value is only white space. Nearly every one begins with a visible character, which is quick to see.
#[must_use]
pub fn is_blank(value: &str) -> bool {
    !value.as_bytes().first().is_some_and(u8::is_ascii_graphic) && value.trim().is_empty()
}

/// The cells of one column of a [`Records`].
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a> {
    texts: Option<Texts<'a>>,
}

impl<'a> Cells<'a> {
    /// The value in `row`, `None` when it is null or only white space, or when there is no such column.
    #[must_use]
    pub fn get(&self, row: u32) -> Option<&'a str> {
        self.texts?.get(row as usize).filter(|value| !is_blank(value))
    }
}

/// What builds the column of a field. Ids of records, and what identifies a device, differ; looking for recurring ones
/// costs time.
fn builder_of(position: usize, field: &Field, room: usize) -> TextsBuilder {
    let mut builder = match field.kind {
        _ if position == 0 => TextsBuilder::plain(),
        Kind::Serial | Kind::Mac | Kind::Hostname | Kind::Interfaces | Kind::Json => TextsBuilder::plain(),
        _ => TextsBuilder::new(),
    };
    if room > 0 {
        builder.make_room(room);
    }
    builder
}

/// Builds [`Records`] row by row. A column that never gets a value costs nothing.
#[derive(Debug)]
pub struct RecordsBuilder {
    source: SourceIx,
    entity: Entity,
    fields: &'static [Field],
    columns: Vec<Option<TextsBuilder>>,
    file: UInt32Builder,
    line: UInt32Builder,
    /// The files so far; `source_file` is an index into it.
    pub files: Vec<FileInfo>,
    /// Rows read so far, quarantined ones included.
    pub rows_read: u64,
    /// Rows quarantined so far.
    pub quarantined: u64,
    len: usize,
    /// Rows that were begun and given up; they are left out when the records are built.
    abandoned: Vec<usize>,
    /// How many rows there will be, as far as anyone can tell.
    room: usize,
}

impl RecordsBuilder {
    /// An empty builder.
    #[must_use]
    pub fn new(source: SourceIx, entity: Entity) -> Self {
        let fields = fields(entity);
        Self {
            source,
            entity,
            fields,
            columns: fields.iter().map(|_| None).collect(),
            file: UInt32Builder::new(),
            line: UInt32Builder::new(),
            files: Vec::new(),
            rows_read: 0,
            quarantined: 0,
            len: 0,
            abandoned: Vec::new(),
            room: 0,
        }
    }

    /// Makes room for so many rows in all, so that columns are not copied again and again as they grow. More is not
    /// taken from the machine before it is used.
    pub fn make_room(&mut self, rows: usize) {
        self.room = rows;
        self.columns.iter_mut().flatten().for_each(|column| column.make_room(rows));
    }

    /// The source whose records are built.
    #[must_use]
    pub const fn source(&self) -> SourceIx {
        self.source
    }

    /// The entity being built.
    #[must_use]
    pub const fn entity(&self) -> Entity {
        self.entity
    }

    /// The number of finished records.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// True when no record is finished.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The position of the column `name` in [`fields`].
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Sets the column at `position` of the row being built; blank text is null. Setting it twice in one row
    /// is an error of the caller and keeps the first value.
    pub fn set(&mut self, position: usize, value: &str) {
        if is_blank(value) {
            return;
        }
        let len = self.len;
        let field = &self.fields[position];
        let builder = self.columns[position].get_or_insert_with(|| builder_of(position, field, self.room));
        let have = builder.len();
        if have > len {
            return;
        }
        if have < len {
            builder.append_nulls(len - have);
        }
        builder.append(Some(value));
    }

    /// Whether the column at `position` of the row being built is set.
    #[must_use]
    pub fn is_set(&self, position: usize) -> bool {
        self.columns[position].as_ref().is_some_and(|builder| builder.len() > self.len)
    }

    /// The code of what the column at `position` of the row being built is set to, `None` when its texts have no codes.
    #[must_use]
    pub fn code(&self, position: usize) -> Option<u32> {
        self.columns[position].as_ref().filter(|_| self.is_set(position)).and_then(TextsBuilder::last_code)
    }

    /// Sets the column at `position` of the row being built to the text of a code that [`Self::code`] gave in an earlier
    /// row. Returns false, and sets nothing, when it is set already or its texts have no codes any more.
    pub fn set_code(&mut self, position: usize, code: u32) -> bool {
        let len = self.len;
        match &mut self.columns[position] {
            Some(builder) if builder.len() <= len => {
                if builder.len() < len {
                    builder.append_nulls(len - builder.len());
                }
                builder.append_code(code)
            }
            _ => false,
        }
    }

    /// Finishes the row being built, which came from `line` of the file with index `file`.
    pub fn finish_row(&mut self, file: u32, line: u32) {
        self.file.append_value(file);
        self.line.append_value(line);
        self.len += 1;
    }

    /// Gives up the row being built.
    pub fn abandon_row(&mut self) {
        let len = self.len;
        let is_begun =
            |builder: &Option<TextsBuilder>| builder.as_ref().is_some_and(|builder| builder.len() > len);
        if self.columns.iter().any(is_begun) {
            // Arrow's builders cannot take a value back, so the row stays until the end.
            self.set(0, "abandoned");
            self.abandoned.push(len);
            self.finish_row(0, 0);
        }
    }

    /// The finished records. The caller has set `record_id` in every row.
    ///
    /// # Panics
    /// If a row has no `record_id`.
    #[must_use]
    pub fn build(mut self) -> Records {
        let len = self.len;
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.columns.len() + 2);
        let blank = blank_column(len);
        for builder in self.columns {
            columns.push(match builder {
                None => Arc::clone(&blank),
                Some(mut builder) => {
                    builder.append_nulls(len - builder.len());
                    builder.finish()
                }
            });
        }
        columns.push(Arc::new(self.file.finish()));
        columns.push(Arc::new(self.line.finish()));
        if !self.abandoned.is_empty() {
            let mut keeps = vec![true; len];
            self.abandoned.iter().for_each(|row| keeps[*row] = false);
            let keeps = BooleanArray::from(keeps);
            for column in &mut columns {
                *column = filter(column, &keeps).expect("the filter has one value per row");
            }
        }
        let mut records = Records::new(self.source, self.entity, self.files, columns);
        records.rows_read = self.rows_read;
        records.quarantined = self.quarantined;
        records
    }
}
