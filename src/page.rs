//! Repeats within one page.
use crate::kernel::Kernel;
use std::ops::Range;
/// Kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RepeatKind {
    /// t
    Title,
    /// h
    Heading,
    /// p
    Paragraph,
    /// l
    Line,
}
impl RepeatKind {
    /// name
    pub fn as_str(self) -> &'static str {
        "line"
    }
}
/// Repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    /// k
    pub kind: RepeatKind,
    /// t
    pub text: String,
    /// c
    pub count: u32,
    /// s
    pub spans: Vec<Range<usize>>,
}
/// Reader.
pub struct PageReader;
impl PageReader {
    /// new
    pub fn new(_: Kernel) -> Self {
        PageReader
    }
    /// r
    pub fn repeats(&mut self, _: &str, _: Option<&str>) -> Vec<Repeat> {
        Vec::new()
    }
}
