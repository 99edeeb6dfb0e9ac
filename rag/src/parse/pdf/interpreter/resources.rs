//! Names of a page's resources, and fonts, each loaded once for a document.

use std::collections::HashMap;
use std::rc::Rc;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::super::super::limits::Budget;
use super::super::font::Font;
use super::super::glyph_names::GlyphNames;
use super::super::objects::{dict, resolve};

/// The resources in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resources<'a>(Option<&'a Dictionary>);

impl<'a> Resources<'a> {
    pub(super) fn new(resources: Option<&'a Dictionary>) -> Self {
        Self(resources)
    }

    /// The unresolved entry `name` of a category.
    pub(super) fn entry(
        self,
        pdf: &'a Document,
        category: &[u8],
        name: &[u8],
    ) -> Option<&'a Object> {
        dict(pdf, self.0?, category)?.get(name).ok()
    }

    pub(super) fn font(self, pdf: &'a Document, name: &[u8]) -> Option<&'a Object> {
        self.entry(pdf, b"Font", name)
    }
}

/// Fonts of a document.
#[derive(Debug, Default)]
pub(crate) struct Fonts {
    by_id: HashMap<ObjectId, Rc<Font>>,
    names: GlyphNames,
}

impl Fonts {
    pub(super) fn load(
        &mut self,
        pdf: &Document,
        object: &Object,
        budget: &mut Budget,
    ) -> Rc<Font> {
        let id = object.as_reference().ok();
        if let Some(font) = id.and_then(|id| self.by_id.get(&id)) {
            return Rc::clone(font);
        }
        let nothing = Dictionary::new();
        let font = resolve(pdf, object).and_then(|o| o.as_dict().ok());
        let font = Font::load(pdf, font.unwrap_or(&nothing), &mut self.names, budget);
        let font = Rc::new(font);
        if let Some(id) = id {
            self.by_id.insert(id, Rc::clone(&font));
        }
        font
    }
}
