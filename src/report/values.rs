//! The `csv` report of templates: a line for every value of every slot, as RFC 4180 has it.

use std::io::{self, Write};

use super::TemplateRow;
use super::csv::quoted;

/// Writes the header and a line for every value. Templates and slots are numbered from 1, as they are listed.
///
/// # Errors
/// Those of `out`.
pub fn write_values(templates: &[TemplateRow], mut out: impl Write) -> io::Result<()> {
    writeln!(out, "template,slot,kind,document,value")?;
    for (template, number) in templates.iter().zip(1..) {
        for (slot, place) in template.slots.iter().zip(1..) {
            for (document, value) in template.documents.iter().zip(&slot.values) {
                let Some(value) = value else { continue };
                writeln!(out, "{number},{place},{},{},{}", slot.kind, quoted(document), quoted(value))?;
            }
        }
    }
    out.flush()
}
