//! A picture as SVG: laid out by `layout-rs`, and by Graphviz where there are too many nodes for it.

use std::io::{self, Write};
use std::panic;
use std::process::{Command, Stdio};

use layout::core::base::Orientation;
use layout::core::color::Color;
use layout::core::geometry::Point;
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;

use mem_profile_format::report::cut;

use super::canvas::{Canvas, FONT};
use super::picture::{Node, NodeKind, Picture};

/// More nodes are illegible, and take seconds to lay out.
const MOST_NODES: usize = 40;
/// Longer names are cut, and longer fields.
const LONGEST_NAME: usize = 44;
const LONGEST_LABEL: usize = 28;

impl Picture {
    /// The picture as SVG, in light or dark as its reader likes.
    ///
    /// # Errors
    /// If it has more than 40 nodes and Graphviz's `dot` is not there or fails.
    pub fn svg(&self) -> io::Result<String> {
        if self.nodes.len() > MOST_NODES {
            return self.svg_by_graphviz();
        }
        let laid_out = panic::catch_unwind(|| self.laid_out());
        laid_out.map_err(|_| io::Error::other("the layout of the picture failed; try other limits"))
    }

    fn laid_out(&self) -> String {
        let mut canvas = Canvas::default();
        if self.nodes.is_empty() {
            return canvas.finish();
        }
        let mut graph = VisualGraph::new(Orientation::LeftToRight);
        let look = look(NodeKind::Blocks);
        let handles: Vec<_> = self.nodes.iter().map(|node| graph.add_node(element(node))).collect();
        for arrow in &self.arrows {
            let label = cut(&arrow.label(), LONGEST_LABEL);
            let (none, tip) = (LineEndKind::None, LineEndKind::Arrow);
            let is_rest = self.nodes[arrow.to].kind == NodeKind::Rest;
            let line = match arrow.holds && !is_rest {
                true => LineStyleKind::Normal,
                false => LineStyleKind::Dashed,
            };
            let arrow_shape = Arrow::new(none, tip, line, &label, &look, &None, &None);
            graph.add_edge(arrow_shape, handles[arrow.from], handles[arrow.to]);
        }
        graph.do_it(false, false, false, &mut canvas);
        canvas.finish()
    }

    fn svg_by_graphviz(&self) -> io::Result<String> {
        let mut command = Command::new("dot");
        command.arg("-Tsvg").stdin(Stdio::piped()).stdout(Stdio::piped());
        let missing = |error| {
            let nodes = self.nodes.len();
            let error = format!(
                "a picture of {nodes} nodes needs Graphviz's `dot`, or lower limits: {error}"
            );
            io::Error::other(error)
        };
        let mut dot = command.spawn().map_err(missing)?;
        let text = self.dot();
        let input = dot.stdin.take();
        // By a thread, since `dot` may write before it has read all.
        let writer =
            std::thread::spawn(move || input.map(|mut input| input.write_all(text.as_bytes())));
        let output = dot.wait_with_output()?;
        let is_written =
            writer.join().is_ok_and(|written| written.is_some_and(|written| written.is_ok()));
        match output.status.success() && is_written {
            true => String::from_utf8(output.stdout).map_err(io::Error::other),
            false => Err(io::Error::other("Graphviz's `dot` failed")),
        }
    }
}

fn element(node: &Node) -> Element {
    let name = cut(&node.name, LONGEST_NAME);
    let widest = name.chars().count().max(node.detail.chars().count());
    let size = Point::new(widest as f64 * FONT.width + 20., FONT.line * 2. + 12.);
    let shape = ShapeKind::new_box(&format!("{name}\n{}", node.detail));
    Element::create(shape, look(node.kind), Orientation::LeftToRight, size)
}

/// What the canvas needs to know of a shape: the width of its outline and the radius of its corners say what it is.
fn look(kind: NodeKind) -> StyleAttr {
    let (width, rounded) = match kind {
        NodeKind::Asked => (2, 4),
        NodeKind::Blocks => (1, 4),
        NodeKind::Holder => (1, 16),
        NodeKind::Rest => (0, 4),
    };
    StyleAttr::new(Color::transparent(), width, None, rounded, 11)
}
