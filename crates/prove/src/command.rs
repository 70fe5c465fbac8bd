//! Commands of `seaworthy.yaml`: split into words without a shell, holes filled word by word.
//!
//! White space separates words, single and double quotes keep it, a backslash outside of single quotes keeps the next
//! character. What fills a hole is never split again, so a path with a space stays one argument. There is no `&&`, no `$VAR`,
//! no redirection: who wants a shell writes `sh -c '..'`.

use system::{Part, Template};

/// The words of a command, or why they cannot be made.
pub(crate) fn words(
    template: &Template,
    fill: impl Fn(&Part) -> Result<String, String>,
) -> Result<Vec<String>, String> {
    let mut splitter = Splitter::default();
    for part in &template.parts {
        match part {
            Part::Text(text) => text.chars().for_each(|c| splitter.take(c)),
            Part::Port | Part::Edge(_) | Part::Env { .. } | Part::Scratch | Part::Replica => {
                splitter.keep(&fill(part)?)
            }
        }
    }
    splitter.finish()
}

#[derive(Default)]
struct Splitter {
    words: Vec<String>,
    word: Option<String>,
    quote: Option<char>,
    escaped: bool,
}

impl Splitter {
    fn take(&mut self, c: char) {
        match (self.quote, c) {
            _ if self.escaped => {
                self.escaped = false;
                self.push(c);
            }
            (None | Some('"'), '\\') => self.escaped = true,
            (Some(quote), c) if quote == c => self.quote = None,
            (Some(_), c) => self.push(c),
            (None, '\'' | '"') => {
                self.quote = Some(c);
                self.word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => self.words.extend(self.word.take()),
            (None, c) => self.push(c),
        }
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    fn keep(&mut self, text: &str) {
        self.word.get_or_insert_default().push_str(text);
    }

    fn finish(mut self) -> Result<Vec<String>, String> {
        if let Some(quote) = self.quote {
            return Err(format!("a {quote} is not closed"));
        }
        if self.escaped {
            return Err("nothing follows the last backslash".to_owned());
        }
        self.words.extend(self.word.take());
        if self.words.is_empty() { Err("the command is empty".to_owned()) } else { Ok(self.words) }
    }
}

#[cfg(test)]
mod tests {
    use text::{Source, Span};

    use super::*;

    fn split(text: &str) -> Result<Vec<String>, String> {
        let template =
            Template::read(text, Span::default(), &Source::new("t", text), &mut Vec::new()).expect("is a template");
        words(&template, |part| match part {
            Part::Port => Ok("80 80".to_owned()),
            _ => Err("no value".to_owned()),
        })
    }

    #[test]
    fn what_fills_a_hole_is_not_split() {
        assert_eq!(
            split("serve --port=${port} x"),
            Ok(vec!["serve".to_owned(), "--port=80 80".to_owned(), "x".to_owned()])
        );
    }

    #[test]
    fn quotes_and_backslashes_keep_white_space() {
        assert_eq!(
            split(r#"a 'b c' "d \" e" f\ g ''"#),
            Ok(["a", "b c", "d \" e", "f g", ""].map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn an_open_quote_or_an_empty_command_is_an_error() {
        assert!(split("a 'b").is_err());
        assert!(split("   ").is_err());
        assert!(split("a \\").is_err());
        assert_eq!(split("a ${scratch}"), Err("no value".to_owned()));
    }
}
