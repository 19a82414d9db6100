//! What a person has to say about the table: it stands between two marks in the page, and stays there when the page is made anew.

const BEGIN: &str = "<!-- by hand: kept when the table is made anew -->\n";
const END: &str = "<!-- the end of what is by hand -->\n";

/// Of an earlier page; empty if that has no marks. A mark without its other one is not passed over: what is by hand would be lost.
pub fn note(page: &str) -> &str {
    let Some((_, rest)) = page.split_once(BEGIN) else {
        assert!(!page.contains(END.trim_end()), "the note of that page does not begin");
        return "";
    };
    rest.split_once(END).expect("the note of that page ends").0
}

/// As it stands in a page.
pub fn marked(note: &str) -> String {
    format!("{BEGIN}{note}{END}\n")
}
