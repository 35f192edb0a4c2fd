//! JSON lines inside an archive: cut into chunks as they come, parsed where they are converted.

use super::window::Window;
use super::{BatchItem, Done, ReadingRules, Sink, SourcePlace, Step};
use crate::corpus::record::Scratch;
use crate::corpus::{JsonLines, Reader};
use crate::error::Reason;
use crate::kernel::Kernel;
use std::io::Read;

/// Whole lines.
pub(super) struct LineChunk {
    place: SourcePlace,
    bytes: Vec<u8>,
    /// Records and lines before it.
    records: u32,
    lines: u32,
}

/// About how many bytes a chunk has.
const CHUNK: usize = 1 << 20;

pub(super) fn read(from: &mut dyn Read, place: &SourcePlace, sink: &mut Sink<'_, '_>) -> Step {
    let cutter = JsonLines::new(sink.rules.names.clone(), sink.resources.kernel);
    let limit = usize::try_from(sink.rules.max_record).unwrap_or(usize::MAX);
    let mut window = Window::new(from);
    let (mut records, mut lines, mut wanted) = (0, 0, CHUNK);
    loop {
        let (length, damage) = match window.fill(wanted) {
            Ok(bytes) => (bytes.len(), None),
            Err(e) => (window.bytes().len(), Some(e)),
        };
        let bytes = &window.bytes()[..length];
        let ended = length < wanted || damage.is_some();
        let end = if ended { Some(length) } else { memchr::memrchr(b'\n', bytes).map(|end| end + 1) };
        match end {
            Some(end) if end > 0 => {
                let chunk = LineChunk { place: place.clone(), bytes: bytes[..end].to_vec(), records, lines };
                let (more_records, more_lines) = count(&cutter, &chunk);
                (records, lines) = (records + more_records, lines + more_lines);
                sink.push(BatchItem::Lines(chunk), end as u64)?;
                window.consume(end);
                wanted = CHUNK;
            }
            Some(_) => {}
            None if wanted <= limit => wanted = wanted.saturating_mul(2),
            None => {
                let large = Reason::TooLarge(sink.rules.max_record);
                sink.lost(place, Some(records), format!("line {}: {large}", lines + 1));
                (records, lines, wanted) = (records + 1, lines + 1, CHUNK);
                pass_line(&mut window)?;
            }
        }
        if let Some(damage) = damage {
            return Err(damage.into());
        }
        if ended {
            return Ok(());
        }
    }
}

fn pass_line(window: &mut Window<'_>) -> Step {
    loop {
        let bytes = window.fill(CHUNK)?;
        let (length, end) = (bytes.len(), memchr::memchr(b'\n', bytes));
        window.consume(end.map_or(length, |end| end + 1));
        if end.is_some() || length == 0 {
            return Ok(());
        }
    }
}

/// Records and lines of a chunk.
fn count(cutter: &JsonLines, chunk: &LineChunk) -> (u32, u32) {
    let (mut records, mut lines, mut at) = (0, 0, 0);
    while let Some((range, blank)) = cutter.next(&chunk.bytes, at) {
        records += 1;
        lines += blank as u32 + 1;
        at = range.end + 1;
    }
    let behind = chunk.bytes.get(at..).unwrap_or_default();
    (records, lines + memchr::memchr_iter(b'\n', behind).count() as u32)
}

impl LineChunk {
    pub(super) fn convert(self, reader: &JsonLines, rules: &ReadingRules, kernel: Kernel, done: &mut Done) {
        let mut scratch = Scratch::new(kernel);
        let mut at = if self.lines == 0 { reader.align(&self.bytes, 0) } else { 0 };
        let (mut record, mut line) = (self.records, self.lines);
        while let Some((range, blank)) = reader.next(&self.bytes, at) {
            line += blank as u32 + 1;
            at = range.end + 1;
            let bytes = &self.bytes[range];
            done.json(&self.place, (record, line), bytes, (reader, rules), &mut scratch);
            record += 1;
        }
    }
}
