//! The values of a host, close together: ten thousand hosts may have thirty of them each.

use std::sync::Arc;

use crate::domain::labels::Labels;
use crate::domain::measure::Measure;

/// One value of a host.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// The name of its measure.
    measure: Arc<str>,
    /// What it is a value of: a mount point, a device; empty when there is one only.
    pub thing: Arc<str>,
    /// The value; it may be no number.
    pub value: f64,
    /// The labels of its series.
    pub labels: Labels,
}

impl Value {
    /// A value of a measure, by the label that the measure says what it is of.
    pub fn of(measure: &Measure, value: f64, labels: &Labels) -> Self {
        Self {
            measure: Arc::clone(&measure.name),
            thing: labels.shared(&measure.thing).unwrap_or_default(),
            value,
            labels: labels.clone(),
        }
    }
}

/// All values of a host: by the name of their measure, of each the worst first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(Vec<Value>);

impl Values {
    /// The values of a measure, the worst first; `None` where nothing measures it.
    pub fn get(&self, measure: &str) -> Option<&[Value]> {
        let from = self.0.partition_point(|value| *value.measure < *measure);
        let own = self.0.get(from..)?;
        let own = own.get(..own.partition_point(|value| *value.measure == *measure))?;
        (!own.is_empty()).then_some(own)
    }

    /// Every value.
    pub fn all(&self) -> impl Iterator<Item = &Value> {
        self.0.iter()
    }

    /// The measures by name, each with its values.
    pub fn by_measure(&self) -> impl Iterator<Item = (&Arc<str>, &[Value])> {
        self.0
            .chunk_by(|one, other| one.measure == other.measure)
            .filter_map(|own| Some((&own.first()?.measure, own)))
    }

    /// Adds a value of `measure`. They are in order when [`Values::settle`] was called.
    pub(super) fn add(&mut self, measure: &Measure, value: Value) {
        let is_own = |have: &Value| have.measure == measure.name;
        let end = self.0.iter().rposition(is_own).map_or(self.0.len(), |last| last + 1);
        let own = self.0.get(..end).unwrap_or_default();
        let from = end - own.iter().rev().take_while(|have| is_own(have)).count();
        // What is no number comes last.
        let worse = |have: &Value| measure.is_worse(value.value, have.value) || have.value.is_nan();
        let at = self.0.get(from..end).and_then(|own| own.iter().position(worse));
        self.0.insert(at.map_or(end, |at| from + at), value);
    }

    /// Puts the measures in order, and takes no more room than is needed.
    pub(super) fn settle(&mut self) {
        self.0.sort_by(|one, other| one.measure.cmp(&other.measure));
        self.0.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_measure_is_together_its_worst_first() {
        let measure = |name: &str| Measure { name: name.into(), ..Measure::default() };
        let (disk, cpu) = (measure("disk"), measure("cpu"));
        let mut values = Values::default();
        // As two servers tell of one host: a measure may come twice.
        for (measure, value) in [(&disk, 0.5), (&disk, f64::NAN), (&cpu, 0.1), (&disk, 0.9), (&cpu, 0.3)] {
            values.add(measure, Value::of(measure, value, &Labels::default()));
        }
        values.settle();
        let told = |name: &str| -> Vec<String> {
            values.get(name).into_iter().flatten().map(|value| value.value.to_string()).collect()
        };
        assert_eq!(told("disk"), ["0.9", "0.5", "NaN"]);
        assert_eq!(told("cpu"), ["0.3", "0.1"]);
        assert!(values.get("fans").is_none());
        let names: Vec<&str> = values.by_measure().map(|(name, _)| &**name).collect();
        assert_eq!((names, values.all().count()), (vec!["cpu", "disk"], 5));
    }
}
