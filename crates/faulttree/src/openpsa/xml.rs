//! XML as far as Open-PSA needs it: elements with attributes and places, no document types, no entities of one's own.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use text::{Problem, Source, Span};

/// The largest document, 256 MiB.
pub const MAX_DOCUMENT_BYTES: usize = 256 * 1024 * 1024;

/// The deepest nesting; a formula of a person nests a handful.
pub const MAX_DEPTH: usize = 256;

const SYNTAX_HELP: &str = "check that every tag is closed, in order";

/// An element with its children; text between elements is not kept.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    /// The opening tag.
    pub(crate) span: Span,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Children that say something; labels and attributes of the model are for people.
    pub(crate) fn content(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(|child| !matches!(child.name.as_str(), "label" | "attributes"))
    }
}

/// Reads definitions one after another, so that a big document is never in memory as a tree.
pub(crate) struct Document<'s> {
    source: &'s Source,
    reader: Reader<&'s [u8]>,
}

/// What comes next between containers.
pub(crate) enum Next {
    /// A container begins; what it holds comes next.
    Begin(Element),
    /// A whole definition.
    Whole(Element),
    /// The innermost container ends.
    End,
    /// The document ends.
    Done,
}

/// Elements that hold definitions.
const CONTAINERS: [&str; 4] = ["opsa-mef", "define-fault-tree", "define-component", "model-data"];

impl<'s> Document<'s> {
    pub(crate) fn new(source: &'s Source) -> Self {
        let mut reader = Reader::from_str(source.text());
        reader.config_mut().expand_empty_elements = false;
        Self { source, reader }
    }

    /// The next container, definition or end. A document that cannot be read any further is one problem.
    pub(crate) fn next(&mut self) -> Result<Next, Box<Problem>> {
        loop {
            let begin = self.at();
            match self.event(begin)? {
                Event::Start(tag) => {
                    let element = self.element(&tag, begin)?;
                    let is_container = CONTAINERS.contains(&element.name.as_str());
                    return Ok(if is_container { Next::Begin(element) } else { Next::Whole(self.rest(element)?) });
                }
                Event::Empty(tag) => {
                    let element = self.element(&tag, begin)?;
                    // An empty container has nothing to say.
                    if !CONTAINERS.contains(&element.name.as_str()) {
                        return Ok(Next::Whole(element));
                    }
                }
                Event::End(_) => return Ok(Next::End),
                Event::Eof => return Ok(Next::Done),
                _ => {}
            }
        }
    }

    fn at(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    fn event(&mut self, begin: usize) -> Result<Event<'s>, Box<Problem>> {
        match self.reader.read_event() {
            Ok(Event::DocType(_)) => {
                let message = "a document type is declared; entities could stand for anything";
                Err(self.problem("xml-doctype", begin, message, "remove the `<!DOCTYPE ..>`; Open-PSA needs none"))
            }
            Ok(Event::GeneralRef(entity)) if !is_predefined(&entity) => {
                let message = format!("the entity `&{};` is not known", String::from_utf8_lossy(&entity));
                Err(self.problem("xml-entity", begin, message, "write the text itself"))
            }
            Ok(event) => Ok(event),
            Err(error) => {
                let at = usize::try_from(self.reader.error_position()).unwrap_or(begin);
                Err(self.problem("xml-syntax", at, error.to_string(), SYNTAX_HELP))
            }
        }
    }

    /// The children of an element whose tag was just opened.
    fn rest(&mut self, element: Element) -> Result<Element, Box<Problem>> {
        let mut open = vec![element];
        loop {
            let begin = self.at();
            let closed = match self.event(begin)? {
                Event::Start(tag) => {
                    open.push(self.element(&tag, begin)?);
                    if open.len() > MAX_DEPTH {
                        let message = format!("nested more than {MAX_DEPTH} deep");
                        return Err(self.problem(
                            "xml-depth",
                            begin,
                            message,
                            "name the inner parts as gates of their own",
                        ));
                    }
                    continue;
                }
                Event::Empty(tag) => self.element(&tag, begin)?,
                Event::End(_) => open.pop().expect("the loop ends with the first element"),
                Event::Eof => {
                    return Err(self.problem("xml-syntax", begin, "the document ends within an element", SYNTAX_HELP));
                }
                _ => continue,
            };
            match open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None => return Ok(closed),
            }
        }
    }

    fn element(&self, tag: &BytesStart<'_>, begin: usize) -> Result<Element, Box<Problem>> {
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let attribute =
                attribute.map_err(|error| self.problem("xml-syntax", begin, error.to_string(), SYNTAX_HELP))?;
            let value = attribute
                .unescape_value()
                .map_err(|error| self.problem("xml-entity", begin, error.to_string(), "write the text itself"))?;
            attributes.push((String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value.into_owned()));
        }
        let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
        Ok(Element { name, attributes, children: Vec::new(), span: Span::new(begin, self.at()) })
    }

    fn problem(&self, rule: &'static str, at: usize, message: impl Into<String>, help: &str) -> Box<Problem> {
        Box::new(Problem::error(rule, self.source, Span::new(at, at + 1), message).with_help(help))
    }
}

fn is_predefined(entity: &[u8]) -> bool {
    matches!(entity, b"amp" | b"lt" | b"gt" | b"quot" | b"apos") || entity.starts_with(b"#")
}
