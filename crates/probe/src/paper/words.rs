//! A line of shell into commands and words. What a shell would only know when it runs (`$x`, globs, `<name>`) is marked.

/// One simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<Word>,
    /// Where its output goes.
    pub(super) writes: Vec<String>,
    /// What it reads by `<`.
    pub(super) reads: Vec<String>,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Its text is known only when it runs.
    pub(super) is_open: bool,
}

/// Words before the program that say how it runs.
const PREFIXES: [&str; 8] = ["sudo", "time", "env", "exec", "nohup", "command", "then", "do"];

/// Splits a line at `&&`, `||`, `;`, `|` and `&` outside of quotes.
pub(super) fn split(line: &str) -> Vec<Command> {
    let mut commands = vec![Vec::new()];
    for token in tokens(line) {
        match token {
            Token::Comment => break,
            Token::End => commands.push(Vec::new()),
            other => commands.last_mut().expect("there is one from the beginning").push(other),
        }
    }
    commands.into_iter().map(command).filter(|command| !command.words.is_empty()).collect()
}

fn command(tokens: Vec<Token>) -> Command {
    let mut found = Command::default();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let to = match token {
            Token::Word(word) => {
                found.words.push(word);
                continue;
            }
            Token::Out => &mut found.writes,
            Token::In => &mut found.reads,
            Token::End | Token::Comment => continue,
        };
        if let Some(Token::Word(word)) = tokens.next_if(|next| matches!(next, Token::Word(_)))
            && !word.is_open
        {
            to.push(word.text);
        }
    }
    let is_prefix = |word: &Word| {
        let is_assignment = word
            .text
            .split_once('=')
            .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        is_assignment || PREFIXES.contains(&word.text.as_str())
    };
    let skip = found.words.iter().take_while(|word| is_prefix(word)).count();
    found.words.drain(..skip);
    found
}

#[derive(Debug)]
enum Token {
    Word(Word),
    Out,
    In,
    End,
    Comment,
}

fn tokens(line: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut chars = line.chars().peekable();
    let mut word: Option<Word> = None;
    let close = |word: &mut Option<Word>, found: &mut Vec<Token>| found.extend(word.take().map(Token::Word));
    while let Some(one) = chars.next() {
        let begins_placeholder = one == '<'
            && chars.peek().is_some_and(|next| next.is_ascii_alphabetic())
            && chars.clone().any(|c| c == '>');
        match one {
            ' ' | '\t' => close(&mut word, &mut found),
            '#' if word.is_none() => {
                found.push(Token::Comment);
                return found;
            }
            _ if begins_placeholder => {
                let inner: String = chars.by_ref().take_while(|c| *c != '>').collect();
                let held = word.get_or_insert_with(empty);
                held.text.push_str(&format!("<{inner}>"));
                held.is_open = true;
            }
            '\'' | '"' => quoted(one, &mut chars, word.get_or_insert_with(empty)),
            '\\' => word.get_or_insert_with(empty).text.extend(chars.next()),
            ';' | '|' | '&' => {
                if one == '&' && chars.peek() == Some(&'>') {
                    continue;
                }
                close(&mut word, &mut found);
                found.push(Token::End);
            }
            '>' | '<' => {
                // `2>` names a stream and `>&1` another one.
                if word.as_ref().is_some_and(|word| word.text.chars().all(|c| c.is_ascii_digit())) {
                    word = None;
                }
                close(&mut word, &mut found);
                while chars.next_if(|next| matches!(next, '>' | '<' | '&' | '-')).is_some() {}
                found.push(if one == '>' { Token::Out } else { Token::In });
            }
            '(' | ')' | '`' => close(&mut word, &mut found),
            _ => {
                let held = word.get_or_insert_with(empty);
                held.text.push(one);
                held.is_open |= matches!(one, '$' | '*' | '?' | '{' | '[' | '…');
            }
        }
    }
    close(&mut word, &mut found);
    found
}

fn empty() -> Word {
    Word { text: String::new(), is_open: false }
}

fn quoted(quote: char, chars: &mut std::iter::Peekable<std::str::Chars<'_>>, word: &mut Word) {
    while let Some(one) = chars.next() {
        match one {
            _ if one == quote => return,
            '\\' if quote == '"' => word.text.extend(chars.next()),
            '$' | '`' if quote == '"' => {
                word.is_open = true;
                word.text.push(one);
            }
            _ => {
                word.is_open |= one == '<' || one == '{';
                word.text.push(one);
            }
        }
    }
}

impl Command {
    /// The program.
    pub(super) fn program(&self) -> &str {
        self.words.first().map_or("", |word| word.text.as_str())
    }

    /// The words behind the program.
    pub(super) fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or(&[])
    }

    /// What stands behind one of some options, as `-f x` or `--file=x`.
    pub(super) fn values(&self, options: &[&str]) -> Vec<&Word> {
        let mut found = Vec::new();
        for (at, word) in self.words.iter().enumerate() {
            if options.contains(&word.text.as_str()) {
                found.extend(self.words.get(at + 1));
            }
        }
        found
    }

    /// As [`Command::values`], for `--file=x`.
    pub(super) fn joined(&self, options: &[&str]) -> Vec<String> {
        let value = |word: &Word| {
            let (name, value) = word.text.split_once('=')?;
            (options.contains(&name) && !word.is_open).then(|| value.to_owned())
        };
        self.words.iter().filter_map(value).collect()
    }

    /// The arguments that are no options and no values of the options given.
    pub(super) fn plain(&self, with_values: &[&str]) -> Vec<&Word> {
        let mut found = Vec::new();
        let mut skip = false;
        for word in self.arguments() {
            if word.text == "--" {
                break;
            }
            if skip {
                skip = false;
            } else if word.text.starts_with('-') && word.text.len() > 1 {
                skip = with_values.contains(&word.text.as_str());
            } else {
                found.push(word);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<Vec<String>> {
        split(line).into_iter().map(|command| command.words.into_iter().map(|word| word.text).collect()).collect()
    }

    #[test]
    fn a_line_is_split_as_a_shell_would() {
        assert_eq!(
            texts("sudo A=1 make 'a b' && x \"c;d\" | y # z"),
            [vec!["make", "a b"], vec!["x", "c;d"], vec!["y"]]
        );
        let all = split("pg_dump db > backup.sql 2>&1 < in.txt");
        assert_eq!(
            (all[0].writes.clone(), all[0].reads.clone()),
            (vec!["backup.sql".to_owned(), "1".to_owned()], vec!["in.txt".to_owned()])
        );
        let open = split("restore <backup id> $X a/*.sql 'b' \"c $d\"");
        let is_open: Vec<bool> = open[0].words.iter().map(|word| word.is_open).collect();
        assert_eq!(is_open, [false, true, true, true, false, true]);
    }
}
