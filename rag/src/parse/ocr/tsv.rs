//! Tesseract's table of words.

use super::super::boxes::Rect;

/// What was read from a picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recognized {
    /// Width and height of the picture, in its pixels.
    pub size: (f32, f32),
    /// Paragraphs of words, each with its box in pixels from the upper left corner.
    pub paragraphs: Vec<Vec<(String, Rect)>>,
    /// How sure tesseract is of the words, 0 to 100, as a mean; below 60 the text is poor.
    pub confidence: f32,
}

impl Recognized {
    /// Reads the table: level, page, block, paragraph, line, word, left, top, width, height,
    /// confidence, text.
    pub(super) fn parse(table: &str) -> Self {
        let mut recognized = Self::default();
        let mut last = None;
        let (mut sum, mut count) = (0.0, 0.0);
        for line in table.lines().skip(1) {
            let fields: Vec<&str> = line.splitn(12, '\t').collect();
            let number = |at: usize| fields.get(at).and_then(|f| f.parse::<f32>().ok());
            let (Some(x), Some(y), Some(w), Some(h)) = (number(6), number(7), number(8), number(9))
            else {
                continue;
            };
            if fields[0] == "1" {
                recognized.size = (w, h);
            }
            let text = fields.get(11).map_or("", |text| text.trim());
            if fields[0] != "5" || text.is_empty() {
                continue;
            }
            let place = (fields[2], fields[3]);
            if last != Some(place) {
                recognized.paragraphs.push(Vec::new());
                last = Some(place);
            }
            let rect = Rect {
                x0: x,
                y0: y,
                x1: x + w,
                y1: y + h,
            };
            if let Some(paragraph) = recognized.paragraphs.last_mut() {
                paragraph.push((text.to_owned(), rect));
            }
            (sum, count) = (sum + number(10).unwrap_or(0.0), count + 1.0);
        }
        recognized.confidence = if count > 0.0 { sum / count } else { 0.0 };
        recognized
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_put_into_their_paragraphs() {
        let table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
            1\t1\t0\t0\t0\t0\t0\t0\t640\t480\t-1\t\n\
            5\t1\t1\t1\t1\t1\t10\t20\t30\t12\t90.0\tHello\n\
            5\t1\t1\t1\t1\t2\t50\t20\t30\t12\t80.0\tworld\n\
            5\t1\t2\t1\t1\t1\t10\t60\t30\t12\t70.0\tEnd\n";
        let found = Recognized::parse(table);
        assert_eq!(found.size, (640.0, 480.0));
        assert_eq!(found.paragraphs.len(), 2);
        assert_eq!(found.paragraphs[0][1].0, "world");
        assert_eq!(found.confidence, 80.0);
    }
}
