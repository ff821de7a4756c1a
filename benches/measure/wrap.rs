//! The lines of a generated page.

/// A Markdown page in which paragraphs and list items, each on one line before, are wrapped at 100
/// characters. Tables, headings, pictures and blocks of code are not changed.
pub(crate) fn wrapped(page: &str) -> String {
    const COLUMNS: usize = 100;
    let (mut text, mut is_code) = (String::new(), false);
    for line in page.lines() {
        is_code ^= line.starts_with("```");
        if is_code || line.starts_with(['|', '#', '!', '<']) {
            text.push_str(line);
            text.push('\n');
            continue;
        }
        let indent = if line.starts_with("- ") { "  " } else { "" };
        let mut column = 0;
        for word in line.split(' ') {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > COLUMNS {
                text.push('\n');
                text.push_str(indent);
                column = indent.len();
            } else if column > 0 {
                text.push(' ');
                column += 1;
            }
            text.push_str(word);
            column += length;
        }
        text.push('\n');
    }
    text
}
