//! gzip files that are several members, as crawls are: each record can be read by itself, and still can afterwards.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use flate2::Compression as Level;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use super::rewrite::copy_without as copy_plain;
use crate::corpus::Compression;
use crate::output::open_regular;

/// A member: its bytes in the file, and those that come out of it.
struct Member {
    packed: Range<u64>,
    plain: Range<u64>,
}

/// Whether a file is gzip and stays so.
pub(super) fn are_kept(source: &Path, place: &Path) -> io::Result<bool> {
    let mut head = Vec::new();
    open_regular(source)?.take(16).read_to_end(&mut head)?;
    let is_gzip = |how: Option<Compression>| how == Some(Compression::Gzip);
    Ok(is_gzip(Compression::of(&head)) && is_gzip(Compression::of_name(place)))
}

/// Copies a gzip file but for stretches of what comes out of it, in order and apart. A member that loses nothing stays as
/// it is, and one that loses all of it goes; of others what is left is one member.
pub(super) fn copy_without(file: File, stretches: &[Range<u64>], out: &mut dyn Write) -> io::Result<()> {
    let mut from = BufReader::new(&file);
    from.rewind()?;
    let members = members(&mut from)?;
    for Member { packed, plain } in &members {
        let own: Vec<Range<u64>> = stretches
            .iter()
            .map(|stretch| stretch.start.max(plain.start)..stretch.end.min(plain.end))
            .filter(|stretch| stretch.start < stretch.end)
            .map(|stretch| stretch.start - plain.start..stretch.end - plain.start)
            .collect();
        from.seek(SeekFrom::Start(packed.start))?;
        let gone: u64 = own.iter().map(|stretch| stretch.end - stretch.start).sum();
        if own.is_empty() {
            io::copy(&mut from.by_ref().take(packed.end - packed.start), out)?;
        } else if gone < plain.end - plain.start {
            let mut packer = GzEncoder::new(&mut *out, Level::default());
            copy_plain(&mut GzDecoder::new(&mut from), &own, &mut packer)?;
            packer.finish()?;
        }
    }
    // What is no member is nobody's record: padding, as a rule.
    from.seek(SeekFrom::Start(members.last().map_or(0, |member| member.packed.end)))?;
    io::copy(&mut from, out).map(|_| ())
}

/// The members of a gzip file, in order.
fn members(from: impl BufRead) -> io::Result<Vec<Member>> {
    let mut from = Counted { from, count: 0 };
    let (mut members, mut plain) = (Vec::new(), 0);
    while from.fill_buf()?.starts_with(&[0x1F]) {
        let start = from.count;
        let length = io::copy(&mut GzDecoder::new(&mut from), &mut io::sink())?;
        members.push(Member { packed: start..from.count, plain: plain..plain + length });
        plain += length;
    }
    Ok(members)
}

/// A reader that counts what was taken of it.
struct Counted<R> {
    from: R,
    count: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.count += read as u64;
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.from.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.count += count as u64;
        self.from.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Level::best());
        packer.write_all(text.as_bytes()).expect("memory");
        packer.finish().expect("memory")
    }

    #[test]
    fn members_stay_members() {
        let parts = ["one\n", "two\nthree\n", "four\n"].map(packed);
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&parts.concat()).expect("written");
        file.write_all(&[0; 3]).expect("written");
        let left = |stretches: &[Range<u64>]| {
            let mut out = Vec::new();
            copy_without(file.try_clone().expect("a file"), stretches, &mut out).expect("copied");
            out
        };
        assert_eq!(left(&[]), [&parts.concat()[..], &[0; 3]].concat());
        assert_eq!(left(&[0..4, 14..u64::MAX]), [&parts[1][..], &[0; 3]].concat());
        let cut = left(std::slice::from_ref(&(2..8)));
        let mut text = String::new();
        let mut reader = GzDecoder::new(&*cut);
        reader.read_to_string(&mut text).expect("a member");
        assert_eq!(text, "on");
        let mut reader = GzDecoder::new(reader.into_inner());
        text.clear();
        reader.read_to_string(&mut text).expect("another");
        assert_eq!(text, "three\n");
        assert_eq!(reader.into_inner(), [&parts[2][..], &[0; 3]].concat());
    }
}
