//! Relations to clusters: stars, so that nobody belongs who was not verified against the representative.
//!
//! Aslam, Pelekhov and Rus, "The star clustering algorithm for static and dynamic information organization",
//! 2004; of the ways to cluster pairs compared by Hassanzadeh et al. (VLDB 2009) it is among those that
//! transitive closure does worst against. Representatives are taken greedily, the strongest first, and every
//! other document then moves to the representative with which it has the highest score. Strength is a sum of
//! integers and ties go by length and id, so order of input and threads change nothing.

use crate::rows::Grouped;

/// The least share of either document that stands in the other where both are of one cluster.
pub(crate) const JOINS: f64 = 0.2;

/// A verified pair, as clustering sees it; `a` and `b` are nodes.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    /// One node.
    pub a: u32,
    /// The other.
    pub b: u32,
    /// The score of their relation, 0 to 1.
    pub score: f64,
    /// How much of `b` stands in `a`, and of `a` in `b`, 0 to 1.
    pub covers: [f64; 2],
}

/// A document, or a group of documents with equal token sequences.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// Documents in the group.
    pub size: u32,
    /// Tokens of each.
    pub tokens: u32,
    /// Place of its lowest id among all ids: the last tie-break.
    pub rank: u32,
}

/// What a node is in its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// The node that represents it, or itself.
    pub star: u32,
    /// The edge to that node; none for a representative.
    pub edge: Option<u32>,
}

/// The place of every node. Time `E log E` for E edges.
pub fn stars(nodes: &[Node], edges: &[Edge]) -> Vec<Membership> {
    let edges_of = edges_of(nodes, edges);
    let order = by_strength(nodes, edges);
    let place = places(&order);
    let mut of: Vec<Option<u32>> = vec![None; nodes.len()];
    for &node in &order {
        if of[node as usize].is_none() {
            of[node as usize] = Some(node);
            for (neighbour, _) in neighbours(node, edges, &edges_of) {
                of[neighbour as usize].get_or_insert(node);
            }
        }
    }
    assign(nodes.len(), &place, edges, &edges_of, |node| of[node as usize] == Some(node))
}

/// As [`stars`], but these nodes are the representatives, and they only: those of a second set.
pub fn stars_of(nodes: &[Node], edges: &[Edge], is_representative: impl Fn(u32) -> bool) -> Vec<Membership> {
    let (edges_of, place) = (edges_of(nodes, edges), places(&by_strength(nodes, edges)));
    assign(nodes.len(), &place, edges, &edges_of, is_representative)
}

/// The numbers of each node's edges.
fn edges_of(nodes: &[Node], edges: &[Edge]) -> Grouped {
    let ends = edges.iter().zip(0..).flat_map(|(edge, number)| [(edge.a, number), (edge.b, number)]);
    Grouped::new(nodes.len(), ends)
}

/// The other end of each edge of a node, and its number.
fn neighbours<'a>(
    node: u32,
    edges: &'a [Edge],
    edges_of: &'a Grouped,
) -> impl Iterator<Item = (u32, u32)> + 'a {
    edges_of.of(node).iter().map(move |&number| {
        let edge = &edges[number as usize];
        (if edge.a == node { edge.b } else { edge.a }, number)
    })
}

/// By node, its place in the order.
fn places(order: &[u32]) -> Vec<u32> {
    let mut place = vec![0u32; order.len()];
    for (i, &node) in order.iter().enumerate() {
        place[node as usize] = i as u32;
    }
    place
}

/// Gives every other node to the representative with which it has the highest score.
fn assign(
    nodes: usize,
    place: &[u32],
    edges: &[Edge],
    edges_of: &Grouped,
    is_representative: impl Fn(u32) -> bool,
) -> Vec<Membership> {
    let best = |node: u32| {
        let stars = neighbours(node, edges, edges_of).filter(|&(other, _)| is_representative(other));
        stars.min_by_key(|&(other, edge)| {
            (std::cmp::Reverse(millionths(edges[edge as usize].score)), place[other as usize])
        })
    };
    let place_of = |node: u32| match best(node) {
        Some((star, edge)) if !is_representative(node) => Membership { star, edge: Some(edge) },
        _ => Membership { star: node, edge: None },
    };
    (0..nodes as u32).map(place_of).collect()
}

/// Nodes, the strongest first: by how much of the others they cover, each counted as often as it has copies, and
/// their own copies; then by length; then by id. So a whole article represents its cut versions, and not one of
/// them the article.
fn by_strength(nodes: &[Node], edges: &[Edge]) -> Vec<u32> {
    let mut strength: Vec<u64> = nodes.iter().map(|node| 1_000_000 * u64::from(node.size - 1)).collect();
    for edge in edges {
        let [by_a, by_b] = edge.covers.map(millionths);
        strength[edge.a as usize] += by_a * u64::from(nodes[edge.b as usize].size);
        strength[edge.b as usize] += by_b * u64::from(nodes[edge.a as usize].size);
    }
    let mut order: Vec<u32> = (0..nodes.len() as u32).collect();
    order.sort_unstable_by_key(|&node| {
        let Node { tokens, rank, .. } = nodes[node as usize];
        (std::cmp::Reverse((strength[node as usize], tokens)), rank)
    });
    order
}

/// Integers, because a sum of them has no order.
fn millionths(score: f64) -> u64 {
    (score * 1e6).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nodes(count: u32) -> Vec<Node> {
        (0..count).map(|rank| Node { size: 1, tokens: 100, rank }).collect()
    }

    fn edge(a: u32, b: u32, score: f64) -> Edge {
        Edge { a, b, score, covers: [score; 2] }
    }

    #[test]
    fn a_drifting_chain_is_not_one_cluster() {
        let edges: Vec<Edge> = (1..200).map(|b| edge(b - 1, b, 0.82)).collect();
        let of = stars(&nodes(200), &edges);
        for representative in 0..200 {
            let members: Vec<u32> =
                (0..200).filter(|&node| of[node as usize].star == representative).collect();
            assert!(
                members.len() <= 3 && members.iter().all(|m| m.abs_diff(representative) <= 1),
                "{members:?}"
            );
        }
    }

    #[test]
    fn the_whole_represents_its_parts() {
        let part = |a, b| Edge { a, b, score: 1.0, covers: [1.0, 0.6] };
        let of = stars(&nodes(4), &[part(2, 0), part(2, 1), edge(2, 3, 0.9)]);
        assert!(of.iter().all(|place| place.star == 2), "{of:?}");
    }

    proptest! {
        #[test]
        fn members_are_verified_and_order_is_nothing(
            pairs in proptest::collection::btree_map((0u32..12, 0u32..12), 700u32..1000, 0..40),
            shift in 0u32..12,
        ) {
            let edges: Vec<Edge> = pairs.iter().filter(|((a, b), _)| a < b)
                .map(|(&(a, b), &score)| edge(a, b, f64::from(score) / 1000.0)).collect();
            let of = stars(&nodes(12), &edges);
            for (node, place) in of.iter().enumerate() {
                prop_assert_eq!(of[place.star as usize].edge, None);
                match place.edge.map(|edge| edges[edge as usize]) {
                    Some(edge) => prop_assert!([(edge.a, edge.b), (edge.b, edge.a)].contains(&(node as u32, place.star))),
                    None => prop_assert_eq!(place.star, node as u32),
                }
            }
            // The same corpus with its documents numbered otherwise.
            let turn = |node: u32| (node + shift) % 12;
            let mut turned = nodes(12);
            for rank in 0..12 {
                turned[turn(rank) as usize].rank = rank;
            }
            let other: Vec<Edge> = edges.iter().rev().map(|e| edge(turn(e.a), turn(e.b), e.score)).collect();
            let again = stars(&turned, &other);
            for node in 0..12 {
                prop_assert_eq!(turn(of[node as usize].star), again[turn(node) as usize].star);
            }
        }
    }
}
