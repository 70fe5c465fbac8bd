//! The fields of a risk by noun: a short sorted list, because a risk has few and a document has many risks.

use crate::model::Field;
use crate::noun::FieldName;

/// What a risk states, at most one field for each noun, in the order of the nouns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(Vec<(FieldName, Field)>);

impl Fields {
    /// The field of a noun.
    pub fn get(&self, noun: FieldName) -> Option<&Field> {
        self.place(noun).ok().map(|at| &self.0[at].1)
    }

    /// All fields with their nouns.
    pub fn iter(&self) -> impl Iterator<Item = (&FieldName, &Field)> {
        self.0.iter().map(|(noun, field)| (noun, field))
    }

    /// The nouns.
    pub fn keys(&self) -> impl Iterator<Item = &FieldName> {
        self.0.iter().map(|(noun, _)| noun)
    }

    /// The fields.
    pub fn values(&self) -> impl Iterator<Item = &Field> {
        self.0.iter().map(|(_, field)| field)
    }

    pub(crate) fn with_capacity(fields: usize) -> Self {
        Self(Vec::with_capacity(fields))
    }

    pub(crate) fn get_mut(&mut self, noun: FieldName) -> Option<&mut Field> {
        self.place(noun).ok().map(|at| &mut self.0[at].1)
    }

    /// Sets a field; tells the one that was there.
    pub(crate) fn insert(&mut self, noun: FieldName, field: Field) -> Option<Field> {
        match self.place(noun) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, field)),
            Err(at) => {
                self.0.insert(at, (noun, field));
                None
            }
        }
    }

    fn place(&self, noun: FieldName) -> Result<usize, usize> {
        self.0.binary_search_by_key(&noun, |(other, _)| *other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::FieldValue;

    #[test]
    fn a_noun_has_one_field_and_the_order_is_that_of_the_nouns() {
        let field = |text: &str| Field {
            text: text.to_owned(),
            value: FieldValue::Text(text.to_owned()),
            span: text::Span::new(0, 0),
            line: 1,
            detail: None,
        };
        let mut fields = Fields::with_capacity(2);
        let nouns = [FieldName::Owner, FieldName::Title, FieldName::Impact];
        nouns.into_iter().for_each(|noun| assert_eq!(fields.insert(noun, field("first")), None));
        assert_eq!(fields.insert(FieldName::Title, field("second")), Some(field("first")));
        assert_eq!(fields.get(FieldName::Title), Some(&field("second")));
        assert_eq!(fields.get(FieldName::Status), None);
        let mut sorted = nouns;
        sorted.sort();
        assert!(fields.keys().eq(sorted.iter()));
        assert_eq!(fields.values().count(), fields.iter().count());
    }
}
