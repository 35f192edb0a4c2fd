//! Mail: messages (RFC 5322), and mboxes of them (RFC 4155).
//!
//! A message is its own words: what it quotes of others is left out. Who published it is the domain that it is from. What is
//! attached to it and is text, a message among it, is a document of its own.

use std::borrow::Cow;
use std::io::Read;

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::parcel::{Found, Parcel, ParcelKind, Unpacked, text_of};
use super::window::Window;
use super::{BatchItem, Sink, SourcePlace, Step};
use crate::document::registrable_host;
use crate::error::Reason;

/// Bytes of a line that are looked at together.
const LINE: usize = 64 << 10;

/// How the headers of messages begin that came by post.
const HEADERS: [&[u8]; 5] =
    [b"Return-Path:", b"Received:", b"Delivered-To:", b"Message-ID:", b"MIME-Version:"];

/// Whether bytes begin as an mbox or a message does.
pub(in crate::corpus) fn is_mail(head: &[u8]) -> bool {
    let first = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    begins_message(first)
        || HEADERS
            .iter()
            .any(|name| head.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}

/// Whether a line stands before a message of an mbox: it says who sent it, and when, as a time of day and a year that stand
/// side by side, or with a zone between them. Words that begin a paragraph do not.
fn begins_message(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let words: Vec<&[u8]> =
        rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).take(12).collect();
    let is_year = |word: Option<&&[u8]>| {
        word.is_some_and(|word| word.len() == 4 && word.iter().all(u8::is_ascii_digit))
    };
    let is_time = |word: &[u8]| match word {
        [a, b, b':', c, d, ..] => [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()),
        _ => false,
    };
    (1..words.len()).any(|at| {
        let beside = [at.wrapping_sub(1), at + 1, at + 2];
        is_time(words[at]) && beside.iter().any(|&place| is_year(words.get(place)))
    })
}

/// Reads one message, or the messages of an mbox one by one.
pub(super) fn read(from: &mut dyn Read, place: &SourcePlace, sink: &mut Sink<'_, '_>) -> Step {
    let mut window = Window::new(from);
    let limit = sink.rules.max_record;
    let mut message = Vec::new();
    let (mut record, mut is_large) = (None, false);
    // Whether a line begins here, and whether an empty one stands before it.
    let (mut begins, mut is_apart) = (true, true);
    loop {
        let length = window.line(LINE)?.min(window.bytes().len());
        let line = &window.bytes()[..length];
        let is_next = begins && is_apart && begins_message(line);
        if is_next || length == 0 {
            if !message.is_empty() || is_large {
                hand_on(&mut message, is_large, record, place, sink)?;
            }
            if length == 0 {
                return Ok(());
            }
            record = Some(record.map_or(0, |record: u32| record.saturating_add(1)));
            is_large = false;
        } else {
            // What would have begun a message was marked, once for every time that it was packed.
            let marks = line.iter().take_while(|&&byte| byte == b'>').count();
            let is_marked = record.is_some() && begins && marks > 0 && line[marks..].starts_with(b"From ");
            let line = if is_marked { &line[1..] } else { line };
            is_large |= (message.len() + line.len()) as u64 > limit;
            if is_large {
                message.clear();
            } else {
                message.extend_from_slice(line);
            }
        }
        is_apart = begins && matches!(line, b"\n" | b"\r\n");
        begins = line.ends_with(b"\n");
        window.consume(length);
    }
}

fn hand_on(
    message: &mut Vec<u8>,
    is_large: bool,
    record: Option<u32>,
    place: &SourcePlace,
    sink: &mut Sink<'_, '_>,
) -> Step {
    if is_large {
        sink.lost(place, record, Reason::TooLarge(sink.rules.max_record).to_string());
        return Ok(());
    }
    let start = sink.batch.bodies.len();
    sink.batch.bodies.append(message);
    let body = start..sink.batch.bodies.len();
    let bytes = body.len() as u64;
    let parcel = Parcel { place: place.clone(), kind: ParcelKind::Message, body, record };
    sink.push(BatchItem::Parcel(Box::new(parcel)), bytes)
}

/// Messages attached to one another, so deep.
const DEPTH: usize = 4;

/// The documents of a message: its own words, and each attachment that is text.
pub(super) fn unpack(bytes: &[u8], unpacked: &mut Unpacked<'_>) {
    let parsed = MessageParser::default().parse(bytes);
    let Some(message) = parsed.filter(|message| !message.headers().is_empty()) else {
        return unpacked.lost("no message: it has no headers".to_owned());
    };
    let mut place = MailPlace { message: unpacked.record(), part: 0 };
    take(&message, &MailPart::default(), &mut place, 0, unpacked);
}

/// Where documents of a message stand.
struct MailPlace {
    /// The number of the message in its mbox.
    message: Option<u32>,
    /// Documents of the message before the next one.
    part: u32,
}

impl MailPlace {
    /// The number that the next document of a message has in its file: that of its message in an mbox, and its own where it
    /// has several. A message that stands alone is its file.
    fn next(&mut self, is_alone: bool) -> Option<u32> {
        let part = self.part;
        self.part += 1;
        self.message.or((!is_alone || part > 0).then_some(part))
    }
}

/// What an attachment is called in ids: that of the message that it is attached to, and which attachment of it it is.
#[derive(Default)]
struct MailPart {
    id: Option<String>,
    numbers: String,
}

impl MailPart {
    fn attached(&self, number: usize) -> MailPart {
        let numbers =
            if self.numbers.is_empty() { number.to_string() } else { format!("{}/{number}", self.numbers) };
        MailPart { id: self.id.as_ref().map(|id| format!("{id}/{number}")), numbers }
    }

    /// What a made id ends with; nothing for what is no attachment.
    fn made(&self, message: Option<u32>) -> Option<String> {
        let message = message.map_or(String::new(), |message| format!("{message}/"));
        (!self.numbers.is_empty()).then(|| format!("{message}{}", self.numbers))
    }
}

/// Takes a message, and what is attached to it.
fn take(
    message: &Message<'_>,
    part: &MailPart,
    place: &mut MailPlace,
    depth: usize,
    unpacked: &mut Unpacked<'_>,
) {
    let from = message.from().and_then(|from| from.first()).and_then(|from| from.address());
    let host = from.and_then(|from| from.rsplit_once('@')).and_then(|(_, host)| registrable_host(host));
    let date = message.date().filter(|date| date.is_valid()).map(|date| Cow::Owned(date.to_rfc3339()));
    let mut parts: Vec<Cow<'_, str>> = Vec::new();
    for part in message.text_bodies() {
        match &part.body {
            PartType::Text(text) => parts.push(Cow::Owned(own_words(text))),
            PartType::Html(text) => parts.push(Cow::Owned(own_words(&text_of(text)))),
            _ => {}
        }
    }
    let own_id = message.message_id().filter(|id| !id.trim().is_empty()).map(str::to_owned);
    let named = MailPart { id: own_id.or_else(|| part.id.clone()), numbers: part.numbers.clone() };
    let found = Found {
        id: named.id.as_deref().map(Cow::Borrowed),
        part: part.made(place.message),
        number: place.next(message.attachment_count() == 0),
        title: message.subject().map(Cow::Borrowed),
        date,
        source: host.map(Cow::Borrowed),
        text: Cow::Owned(parts.join("\n\n")),
        ..Found::default()
    };
    unpacked.take(&found);
    for (number, attached) in (1..).zip(message.attachments()) {
        let part = named.attached(number);
        let text = match &attached.body {
            PartType::Message(inner) if depth < DEPTH => {
                take(inner, &part, place, depth + 1, unpacked);
                continue;
            }
            PartType::Text(text) if is_prose(attached) => Cow::Borrowed(&**text),
            PartType::Html(text) => text_of(text),
            _ => {
                unpacked.skip(kind_of(attached));
                continue;
            }
        };
        unpacked.take(&Found {
            id: part.id.as_deref().map(Cow::Borrowed),
            part: part.made(place.message),
            number: place.next(false),
            title: attached.attachment_name().map(Cow::Borrowed),
            date: found.date.clone(),
            source: found.source.clone(),
            text,
            ..Found::default()
        });
    }
}

/// Whether a part that is text is meant to be read: a table or an invitation is text, too.
fn is_prose(part: &MessagePart<'_>) -> bool {
    let subtype = part.content_type().and_then(|kind| kind.subtype());
    subtype.is_none_or(|subtype| subtype.eq_ignore_ascii_case("plain"))
}

/// What an attachment is, as it says itself.
fn kind_of(part: &MessagePart<'_>) -> String {
    let kind = part.content_type().map(|kind| match kind.subtype() {
        Some(subtype) => format!("{}/{subtype}", kind.ctype()),
        None => kind.ctype().to_owned(),
    });
    kind.unwrap_or_else(|| "application/octet-stream".to_owned()).to_ascii_lowercase()
}

/// A text without what it quotes of others, told by its form: lines with a mark before them, the line that ends with a colon and
/// leads to them, and a message behind a rule whose headers are there.
fn own_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_quoted = |line: &&str| line.trim_start().starts_with('>');
    let end = (0..lines.len()).find(|&at| is_forwarded(&lines[at..])).unwrap_or(lines.len());
    let mut own: Vec<&str> = Vec::new();
    let mut was_quoted = false;
    for line in &lines[..end] {
        if is_quoted(line) && !was_quoted {
            leave_out_lead(&mut own);
        }
        was_quoted = is_quoted(line) || (was_quoted && line.trim().is_empty());
        if !is_quoted(line) {
            own.push(line);
        }
    }
    own.join("\n").trim().to_owned()
}

/// Lines of who wrote what, and when, at most: a mail program folds them.
const LEAD: usize = 3;

/// Takes back the lines that lead to a quotation: a paragraph of few lines, with a number in it as dates have, or an address,
/// that ends with a colon. Somebody's own words that end with one stay.
fn leave_out_lead(own: &mut Vec<&str>) {
    let filled = own.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |at| at + 1);
    // No further back than it can begin: a text may be long, and quote often.
    let first = filled.saturating_sub(LEAD + 1);
    let start =
        own[first..filled].iter().rposition(|line| line.trim().is_empty()).map_or(first, |at| first + at + 1);
    let lead = &own[start..filled];
    let ends = lead.last().is_some_and(|line| line.trim_end().ends_with([':', '\u{FF1A}']));
    let names = lead.iter().any(|line| line.contains('@') || line.chars().any(|c| c.is_numeric()));
    if ends && names && lead.len() <= LEAD {
        own.truncate(start);
    }
}

/// Whether a whole message begins here: a rule, perhaps with words in it, and lines of a name, a colon and a value.
fn is_forwarded(lines: &[&str]) -> bool {
    let mut lines = lines.iter().map(|line| line.trim());
    let Some(rule) = lines.next() else { return false };
    let is_rule = |c: char| matches!(c, '-' | '_');
    let is_rule =
        rule.len() >= 10 && rule.starts_with("-----") || rule.len() >= 10 && rule.chars().all(is_rule);
    let is_header = |line: &str| {
        let name = line.trim_matches('*').split_once([':', '\u{FF1A}']).map_or("", |(name, _)| name);
        !name.is_empty() && name.split_whitespace().count() <= 3 && !name.contains(['.', ',', '/'])
    };
    is_rule && lines.filter(|line| !line.is_empty()).take(3).filter(|line| is_header(line)).count() == 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_left_out() {
        let reply = "The quay opens again.\n\nAm 3. Mai 2024 um 10:12 schrieb Ada <a@b.example>:\n> Is it closed?\n> When?\n\n\
                     Not before June:\n> and the ferry?\nIt runs.";
        assert_eq!(own_words(reply), "The quay opens again.\n\n\nNot before June:\nIt runs.");
        let forwarded = "See below.\n\n-----Message d'origine-----\nDe : Ada\nEnvoy\u{e9} : mardi\nObjet : quai\n\nLe quai.";
        assert_eq!(own_words(forwarded), "See below.");
        let rule = "One.\n\n----------\nTwo: three.\nFour.";
        assert_eq!(own_words(rule), rule);
    }

    #[test]
    fn messages_begin_with_a_time() {
        assert!(begins_message(b"From ada@b.example Fri Jul  8 12:08:34 2011\n"));
        assert!(begins_message(b"From ada@b.example Fri, 08 Jul 2011 12:08:34 +0000\r\n"));
        assert!(begins_message(b"From MAILER-DAEMON Fri Jul  8 12:08 CEST 2011\n"));
        assert!(!begins_message(b"From Monday on the quay is closed from 10:00 to 12:30.\n"));
        assert!(!begins_message(b"From 2024 on, the ferry leaves at 10:30 every day.\n"));
        assert!(!begins_message(b"From: Ada\n"));
    }
}
