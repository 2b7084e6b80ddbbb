//! The page of the changes between two accounts: a bar for each, and a table.

use mem_profile_format::report::markup;

use super::diff::{Of, Row, signed};
use super::html::{bar, head, key};
use super::rows::mib;
use crate::class::ClassKind;
use crate::diff::{Change, Diff};

impl Diff {
    /// The changes as a page of its own, under this title.
    #[must_use]
    pub fn html(&self, title: &str) -> String {
        let resident = self.resident;
        let mut page = head(title);
        page += &format!(
            "<p class=\"whole\"><b>{}</b> resident set, {}</p>\n",
            mib(resident.after),
            match signed(resident) {
                by if by.is_empty() => "as before".to_owned(),
                by => by,
            }
        );
        // Of both bars the larger one is as wide as the page.
        let whole = resident.before.max(resident.after);
        page += &self.bar("before", whole, |change| change.before);
        page += &self.bar("after", whole, |change| change.after);
        page += "<table class=\"changes\">\n<thead>\n<tr><th></th><th class=\"size\">before</th>\
                 <th class=\"size\">after</th><th class=\"size\">change</th><th></th></tr>\n</thead>\n<tbody>\n";
        let (beside, of_classes): (Vec<_>, Vec<_>) =
            self.rows().into_iter().skip(1).partition(|row| row.of == Of::Beside);
        of_classes.iter().for_each(|row| page += &line(row));
        page += "</tbody>\n<tbody>\n";
        beside.iter().for_each(|row| page += &line(row));
        page += "</tbody>\n</table>\n<footer>\n";
        self.remark().iter().for_each(|remark| page += &format!("<p>{remark}</p>\n"));
        page + "</footer>\n</body>\n</html>\n"
    }

    fn bar(&self, when: &str, whole: u64, figure: fn(&Change) -> u64) -> String {
        let part = |(kind, change): &(ClassKind, Change)| (*kind, kind.name(), figure(change));
        let parts = self.classes.iter().map(part).filter(|part| part.2 > 0);
        let label = format!("The resident set {when}, by what it is used for");
        let size = mib(figure(&self.resident));
        format!("<p class=\"when\">{when}: {size}</p>\n{}", bar(&label, parts, whole))
    }
}

fn line(row: &Row) -> String {
    let name = markup(&row.name);
    let name = match row.of {
        Of::Class(kind) => format!("<th>{}{name}</th>", key(kind)),
        Of::Line => format!("<th class=\"pin\">pinned by <code>{name}</code></th>"),
        Of::MoreLines => format!("<th class=\"pin\">pinned by {name}</th>"),
        Of::Whole | Of::Beside => format!("<th>{name}</th>"),
    };
    let [before, after] = [row.change.before, row.change.after].map(mib);
    let (by, note) = (signed(row.change), markup(&row.note));
    let class = if by.is_empty() { " class=\"same\"" } else { "" };
    format!(
        "<tr{class}>{name}<td class=\"size\">{before}</td><td class=\"size\">{after}</td>\
         <td class=\"size by\">{by}</td><td class=\"note\">{note}</td></tr>\n"
    )
}
