//! Just enough of SVG for three plots.

use std::fmt::Write;

pub(crate) const WIDTH: f64 = 820.0;
pub(crate) const HEIGHT: f64 = 420.0;
/// The area of the plot itself.
pub(crate) const LEFT: f64 = 80.0;
pub(crate) const RIGHT: f64 = 800.0;
pub(crate) const TOP: f64 = 70.0;
pub(crate) const BOTTOM: f64 = 360.0;
pub(crate) const COLOURS: [&str; 5] = ["#1f6f8b", "#d1495b", "#8a8a8a", "#e9a03b", "#5b8c5a"];

pub(crate) struct Svg(String);

#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    pub(crate) fn new(title: &str) -> Self {
        let mut svg = Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n<title>{title}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
        ));
        writeln!(
            svg.0,
            "<text x=\"{LEFT}\" y=\"26\" font-size=\"16\" fill=\"#222\">{title}</text>"
        )
        .unwrap();
        svg
    }

    pub(crate) fn text(&mut self, x: f64, y: f64, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        writeln!(
            self.0,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#333\">{text}</text>"
        )
        .unwrap();
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        writeln!(
            self.0,
            "<path d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" stroke=\"{colour}\" fill=\"none\"/>"
        )
        .unwrap();
    }

    pub(crate) fn bar(&mut self, x: f64, y: f64, width: f64, height: f64, colour: &str) {
        writeln!(
            self.0,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
        )
        .unwrap();
    }

    pub(crate) fn curve(&mut self, points: &[(f64, f64)], colour: &str) {
        let mut path = String::new();
        for (position, (x, y)) in points.iter().enumerate() {
            write!(path, "{}{x:.1} {y:.1}", if position == 0 { 'M' } else { 'L' }).unwrap();
        }
        writeln!(
            self.0,
            "<path d=\"{path}\" stroke=\"{colour}\" stroke-width=\"2\" fill=\"none\"/>"
        )
        .unwrap();
    }

    pub(crate) fn dot(&mut self, x: f64, y: f64, colour: &str) {
        writeln!(
            self.0,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>"
        )
        .unwrap();
    }

    /// Names of the colours, in the line under the title.
    pub(crate) fn legend(&mut self, names: &[&str]) {
        let mut x = LEFT;
        for (name, colour) in names.iter().zip(COLOURS) {
            self.bar(x, 42.0, 12.0, 12.0, colour);
            self.text(x + 17.0, 53.0, Anchor::Start, name);
            x += 40.0 + name.chars().count() as f64 * 7.2;
        }
    }

    /// A horizontal line of the grid with its label.
    pub(crate) fn level(&mut self, y: f64, label: &str) {
        self.line((LEFT, y), (RIGHT, y), "#dddddd");
        self.text(LEFT - 8.0, y + 4.0, Anchor::End, label);
    }

    pub(crate) fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

/// A distance between grid lines that gives at most six lines up to `highest`: 1, 2 or 5 times a
/// power of ten.
pub(crate) fn grid(highest: f64) -> f64 {
    let power = 10_f64.powf((highest / 6.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|times| times * power)
        .find(|step| highest / step <= 6.0)
        .unwrap_or(highest)
}
