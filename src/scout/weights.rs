//! What counts how much when units are ranked. Measured over twelve code bases in eight languages; see
//! the evaluation before changing one.

/// What counts how much. Few numbers, each with a meaning; measured over many code bases.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    /// In the name of a definition.
    pub(crate) name: f32,
    /// In the first paragraph of its documentation.
    pub(crate) doc: f32,
    /// In a comment, or the rest of its documentation.
    pub(crate) comment: f32,
    /// In a string literal.
    pub(crate) text: f32,
    /// In an identifier.
    pub(crate) body: f32,
    /// In the path of its file.
    pub(crate) path: f32,
    /// In the name of the class or function around it.
    pub(crate) container: f32,
    /// BM25's saturation and length normalisation.
    pub(crate) k1: f32,
    /// How much length counts against a unit, 0 to 1.
    pub(crate) b: f32,
    /// How sharply a partly covered question counts less.
    pub(crate) coverage: f32,
    /// Of what a unit is worth, if it is in a test; and so on for other roles of files.
    pub(crate) test: f32,
    pub(crate) document: f32,
    pub(crate) example: f32,
    pub(crate) vendored: f32,
    pub(crate) data: f32,
    pub(crate) changelog: f32,
    /// The same for kinds of definitions.
    pub(crate) class: f32,
    pub(crate) constant: f32,
    pub(crate) block: f32,
    pub(crate) declaration: f32,
    pub(crate) callback: f32,
    /// From a place to what it calls, and to what calls it.
    pub(crate) callee: f32,
    pub(crate) caller: f32,
    /// From a test or document to what it names.
    pub(crate) bridge: f32,
    /// For words close together.
    pub(crate) near: f32,
    /// A second word for the same concept.
    pub(crate) again: f32,
    /// How much synonyms count.
    pub(crate) synonym: f32,
    /// For one or two lines, which say little.
    pub(crate) short: f32,
    /// For what else stands in the file.
    pub(crate) file: f32,
    /// Of what is looked at closely, as powers of e: for how much it calls, ...
    pub(crate) calls: f32,
    /// ... for the share of the question in the path of its file, ...
    pub(crate) located: f32,
    /// ... in its name, ...
    pub(crate) named: f32,
    /// ... in what it calls, beyond its own words, ...
    pub(crate) beyond: f32,
    /// ... in the names of what it calls, ...
    pub(crate) hands_on: f32,
    /// ... in its file, ...
    pub(crate) beside: f32,
    /// ... for each good place that calls it, ...
    pub(crate) wanted: f32,
    /// ... for a part of a long definition, ...
    pub(crate) part: f32,
    /// ... against text that no grammar reads, beside code, ...
    pub(crate) prose: f32,
    /// ... against tests, documents and data.
    pub(crate) aside: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            name: 5.0,
            doc: 1.5,
            comment: 0.4,
            text: 1.0,
            body: 1.0,
            path: 3.0,
            container: 2.0,
            k1: 1.2,
            b: 0.325,
            coverage: 0.8,
            test: 0.16,
            document: 0.3,
            example: 0.4,
            vendored: 0.9,
            data: 0.3,
            changelog: 0.15,
            class: 0.7,
            constant: 0.4,
            block: 0.4,
            declaration: 0.5,
            callback: 0.6,
            callee: 0.3,
            caller: 0.2,
            bridge: 0.15,
            near: 0.5,
            again: 0.5,
            synonym: 1.0,
            short: 0.6,
            file: 0.45,
            calls: 0.14,
            located: 0.85,
            named: 0.6,
            beyond: 0.45,
            hands_on: 0.2,
            beside: 0.15,
            wanted: 0.08,
            part: 0.37,
            prose: 0.36,
            aside: 0.36,
        }
    }
}
