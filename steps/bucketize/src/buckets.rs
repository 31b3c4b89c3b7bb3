//! Buckets between edges.

use stepwell_sdk::prelude::*;

/// Buckets between edges, numbered from the lowest on.
pub(crate) struct Buckets {
    edges: Vec<f64>,
    /// Whether an edge belongs to the bucket below it.
    right: bool,
    /// Whether there are buckets below the first and above the last edge.
    open_ends: bool,
}

/// Where a number belongs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bucket {
    Number(usize),
    /// Below the first or above the last edge, where there is no bucket.
    Outside,
}

impl Buckets {
    pub(crate) fn new(edges: Vec<f64>, right: bool, open_ends: bool) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let needed = if open_ends { 1 } else { 2 };
        if edges.len() < needed {
            let what = if open_ends {
                "one edge"
            } else {
                "two edges, as there are only buckets between edges"
            };
            let message = format!("`edges` needs at least {what}");
            problems.push(StepError::new("too_few_edges", message).at_parameter("/edges"));
        }
        for (position, pair) in edges.windows(2).enumerate() {
            if pair[0] >= pair[1] {
                let message = format!(
                    "`edges` must ascend, and {} does not come after {}",
                    pair[1], pair[0]
                );
                let problem = StepError::new("edges_not_ascending", message);
                problems.push(problem.at_parameter(format!("/edges/{}", position + 1)));
            }
        }
        problems.into_result()?;
        Ok(Self {
            edges,
            right,
            open_ends,
        })
    }

    pub(crate) fn count(&self) -> usize {
        if self.open_ends {
            self.edges.len() + 1
        } else {
            self.edges.len() - 1
        }
    }

    /// The bucket of a number that is not NaN.
    pub(crate) fn find(&self, value: f64) -> Bucket {
        let n_below = match self.right {
            true => self.edges.partition_point(|edge| *edge < value),
            false => self.edges.partition_point(|edge| *edge <= value),
        };
        if self.open_ends {
            return Bucket::Number(n_below);
        }
        let (first, last) = (self.edges[0], self.edges[self.edges.len() - 1]);
        if value < first || value > last {
            return Bucket::Outside;
        }
        // The outermost edges belong to the buckets that they close.
        Bucket::Number(n_below.clamp(1, self.count()) - 1)
    }

    /// The buckets as intervals: `(-inf, 18]`, `(18, 65]`, `(65, inf)`.
    pub(crate) fn intervals(&self) -> Vec<String> {
        let mut ends: Vec<String> = self.edges.iter().map(f64::to_string).collect();
        if self.open_ends {
            ends.insert(0, "-inf".to_owned());
            ends.push("inf".to_owned());
        }
        let last = ends.len() - 2;
        ends.windows(2)
            .enumerate()
            .map(|(position, pair)| {
                let is_closed_below = !self.right || (!self.open_ends && position == 0);
                let is_closed_above = self.right || (!self.open_ends && position == last);
                let is_infinite_below = self.open_ends && position == 0;
                let is_infinite_above = self.open_ends && position == last;
                let open = if is_closed_below && !is_infinite_below {
                    '['
                } else {
                    '('
                };
                let close = if is_closed_above && !is_infinite_above {
                    ']'
                } else {
                    ')'
                };
                format!("{open}{}, {}{close}", pair[0], pair[1])
            })
            .collect()
    }
}
