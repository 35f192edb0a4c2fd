//! What stands more than once within one page: where, as what, in which form; and how it is told.

use serde_json::{Value, json};

use crate::harness::*;

const HEADLINE: &str = "Harbour board votes for a second ferry";
const ONE: &str = "The harbour board voted seven to two on Monday for a second ferry across the sound, after a long winter.";
const TWO: &str = "Tickets will cost what they cost now, the board said, and the new boat carries twelve cars and a saloon.";
const THREE: &str = "Nobody spoke against the plan in the end, though the meeting went on until long after midnight that day.";

/// A page of the Sound Courier about `headline`, whose head says so.
fn page_about(headline: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html><head><meta charset=utf-8><title>{headline} | Sound Courier</title>\n\
         <meta property=og:title content=\"{headline}\">\n<link rel=canonical href=https://sound.example/news/ferry>\n\
         </head><body>\n{body}\n</body></html>"
    )
}

fn page(body: &str) -> String {
    page_about(HEADLINE, body)
}

/// What `page` says of one page, whose places are those of the visible text.
struct Seen {
    row: Value,
    text: String,
}

impl Seen {
    fn of(html: &str) -> Seen {
        let dir = Dir::new();
        let path = dir.file("page.html", html).display().to_string();
        let pages: Value = serde_json::from_slice(&run(&["page", &path, "--report", "json"]).stdout).unwrap();
        let text = stdout(&run(&["text", "--html", "all", &path]));
        let seen = Seen { row: pages[0].clone(), text };
        for repeat in seen.repeats() {
            let places = repeat["places"].as_array().unwrap();
            assert_eq!(repeat["count"], places.len());
            for (place, span) in places.iter().zip(repeat["spans"].as_array().unwrap()) {
                assert_eq!(&json!([place["start"], place["end"]]), span);
                assert!(seen.cut(place).is_some_and(|cut| !cut.trim().is_empty()), "{place}");
            }
        }
        seen
    }

    fn repeats(&self) -> &Vec<Value> {
        self.row["repeats"].as_array().unwrap()
    }

    fn cut(&self, place: &Value) -> Option<&str> {
        self.text.get(place["start"].as_u64().unwrap() as usize..place["end"].as_u64().unwrap() as usize)
    }

    fn title(&self) -> &Value {
        self.repeats().iter().find(|repeat| repeat["kind"] == "title").unwrap_or(&Value::Null)
    }

    /// Of each place of the headline its role and form.
    fn title_places(&self) -> Vec<(&str, &str)> {
        let places = self.title()["places"].as_array().map(Vec::as_slice).unwrap_or_default();
        places.iter().map(|place| (place["role"].as_str().unwrap(), place["as"].as_str().unwrap())).collect()
    }

    fn kinds(&self) -> Vec<(&str, u64)> {
        let kind = |repeat: &'_ Value| repeat["count"].as_u64().unwrap();
        self.repeats().iter().map(|repeat| (repeat["kind"].as_str().unwrap(), kind(repeat))).collect()
    }

    fn faults(&self) -> Vec<&str> {
        let faults = self.row["faults"].as_array().map(Vec::as_slice).unwrap_or_default();
        faults.iter().map(|fault| fault["kind"].as_str().unwrap()).collect()
    }
}

#[test]
fn the_whole_visible_page_is_looked_at_and_what_the_file_hides_is_not() {
    let html = page(&format!(
        "<h1>{HEADLINE}</h1><p>{ONE}</p><aside><a href=/other>{HEADLINE}</a></aside>\
         <div hidden><h2>{HEADLINE}</h2></div><div style='color:red; display: none'>{HEADLINE}</div>\
         <template><h2>{HEADLINE}</h2></template><noscript>{HEADLINE}</noscript><!-- {HEADLINE} -->\
         <script>var x = '{HEADLINE}'</script><p aria-hidden=true>{HEADLINE}</p><button>Share this story now</button>"
    ));
    let seen = Seen::of(&html);
    assert_eq!(seen.title_places(), [("headline", "same"), ("aside", "same"), ("body", "same")]);
    assert_eq!(seen.text, format!("{HEADLINE}\n\n{ONE}\n\n{HEADLINE}\n\n{HEADLINE}\n\nShare this story now"));
}

#[test]
fn what_the_file_hides_within_a_line_is_not_visible() {
    let names =
        ["b", "i", "em", "strong", "small", "mark", "span", "label", "abbr", "code", "font", "math", "a"];
    for (name, hides) in names.iter().flat_map(|name| [(name, "hidden"), (name, "style='display:none'")]) {
        let html = page(&format!(
            "<h1>{HEADLINE}</h1><p>{ONE} <{name} {hides}>{HEADLINE} <i>as well</i> <{name}>or</{name}> there</{name}>Shown.</p>\
             <p>{TWO}</p><p><{name} {hides}>{HEADLINE}</p><p>{THREE}</p>"
        ));
        let seen = Seen::of(&html);
        assert_eq!(seen.text, format!("{HEADLINE}\n\n{ONE} Shown.\n\n{TWO}\n\n{THREE}"), "{name} {hides}");
        assert_eq!(seen.title_places(), [], "{name} {hides}");
    }
}

#[test]
fn each_place_says_its_role_its_form_its_line_and_a_short_path() {
    let html = page(&format!(
        "<ol class=breadcrumb><li><a href=/>Home</a></li>\n<li>{HEADLINE}</li></ol>\n\
         <main id=story>\n<h1>{HEADLINE}</h1>\n<p>{ONE}</p>\n<p>Also read: <a href=/older>{HEADLINE}</a></p></main>\n\
         <ul><li><a href='/news/ferry?utm_source=feed'>Harbour board votes for a\u{2026}</a></li></ul>\n\
         <footer>\n<p>{HEADLINE} | Sound Courier</p></footer>"
    ));
    let seen = Seen::of(&html);
    let truth = [
        ("breadcrumb", "same"),
        ("headline", "same"),
        ("teaser", "labelled"),
        ("self", "cut"),
        ("footer", "sited"),
    ];
    assert_eq!(seen.title_places(), truth, "{}", seen.title());
    assert_eq!(seen.title()["text"], HEADLINE);
    let places = seen.title()["places"].as_array().unwrap();
    for place in places {
        let line = html.lines().nth(place["line"].as_u64().unwrap() as usize - 1).unwrap();
        let from: String = line.chars().skip(place["column"].as_u64().unwrap() as usize - 1).collect();
        assert!(from.starts_with("Harbour board votes for a"), "{place}: {from}");
    }
    let paths: Vec<&str> = places.iter().map(|place| place["path"].as_str().unwrap()).collect();
    assert_eq!(
        paths,
        [
            "ol.breadcrumb > li:nth-of-type(2)",
            "#story > h1",
            "#story > p:nth-of-type(2) > a",
            "body > ul > li",
            "body > footer > p"
        ]
    );
}

#[test]
fn breadcrumbs_navigation_and_links_to_the_page_are_furniture() {
    let dir = Dir::new();
    let furnished = page(&format!(
        "<nav><a href=/news/ferry#top>{HEADLINE}</a></nav><p>Home » News » {HEADLINE}</p>\
         <article><h1>{HEADLINE}</h1><p>{ONE}</p><p><a href='#'>{HEADLINE}</a></p></article>"
    ));
    let seen = Seen::of(&furnished);
    let roles: Vec<&str> = seen.title_places().into_iter().map(|(role, _)| role).collect();
    assert_eq!(roles, ["self", "breadcrumb", "headline", "self"]);
    assert_eq!(seen.title()["furniture"], true);
    let path = dir.file("site/page.html", &furnished).display().to_string();
    let quiet = run(&["page", &path, "--fail-on-repeats"]);
    assert_eq!(code(&quiet), 0);
    assert_eq!(
        stdout(&quiet),
        "1 page: 0 with repeats, 1 without (1 of them with furniture alone; --all shows it)\n"
    );
    assert!(stdout(&run(&["page", &path, "--all"])).contains("title 4 times, furniture: Harbour board"));
    // A reader sees it twice where one more place is none of these.
    let twice = furnished.replace("</article>", &format!("<h2>{HEADLINE}</h2></article>"));
    assert_eq!(Seen::of(&twice).title()["furniture"], false);
}

#[test]
fn crumbs_are_known_by_their_form_where_nothing_names_them() {
    for crumbs in [
        format!("<ul><li><a href=/>Home</a></li><li><a href=/news>News</a></li><li>{HEADLINE}</li></ul>"),
        format!("<p><a href=/>Home</a> / <a href=/news>News</a> / {HEADLINE}</p>"),
        format!("<p>Startseite \u{203a} Nachrichten \u{203a} {HEADLINE}</p>"),
        format!("<div class=ariane><span>Accueil</span> <span>{HEADLINE}</span></div>"),
        format!("<div class=rootline>Sie sind hier: {HEADLINE}</div>"),
        format!("<ol itemtype=https://schema.org/BreadcrumbList itemscope><li>{HEADLINE}</li></ol>"),
    ] {
        let seen = Seen::of(&page(&format!("{crumbs}<h1>{HEADLINE}</h1><p>{ONE}</p>")));
        let roles: Vec<&str> = seen.title_places().into_iter().map(|(role, _)| role).collect();
        assert_eq!(roles, ["breadcrumb", "headline"], "{crumbs}: {:?}", seen.repeats());
    }
    let recipe =
        Seen::of(&page(&format!("<h1>{HEADLINE}</h1><div class=bread-recipe>{HEADLINE}</div><p>{ONE}</p>")));
    assert_eq!(recipe.title_places(), [("headline", "same"), ("body", "same")]);
}

#[test]
fn without_an_address_of_its_own_no_link_leads_to_the_page() {
    let body = format!("<h1>{HEADLINE}</h1><p>{ONE}</p><p><a href=/news/ferry>{HEADLINE}</a></p>");
    let says = page(&body);
    assert_eq!(Seen::of(&says).title_places()[1].0, "self");
    let silent = says.replace("<link rel=canonical href=https://sound.example/news/ferry>", "");
    assert_eq!(Seen::of(&silent).title_places()[1].0, "teaser");
    let base = silent.replace("<title>", "<base href=https://sound.example/news/><title>").replace(
        "<meta property=og:title",
        "<meta property=og:url content=https://sound.example/news/ferry><meta property=og:title",
    );
    assert_eq!(Seen::of(&base.replace("href=/news/ferry>", "href=ferry>")).title_places()[1].0, "self");
}

#[test]
fn a_headline_is_known_in_other_clothes() {
    for (headline, other) in [
        (HEADLINE, "HARBOUR BOARD VOTES FOR A SECOND FERRY"),
        (
            "Library & archive open \u{201c}cellar\u{201d} \u{2013} again",
            "Library &amp; archive open 'cellar' - again",
        ),
        (
            "Stra\u{df}enbahn h\u{e4}lt wieder am Markt",
            "Stra\u{ad}\u{df}en\u{ad}bahn <b>h\u{e4}lt</b> wieder&nbsp;am Markt",
        ),
        ("Совет решил не гасить маяк", "СОВЕТ РЕШИЛ <em>НЕ ГАСИТЬ</em> МАЯК"),
        ("मछुआरों ने नावघर पहले रंग दिया", "मछुआरों ने <i>नावघर</i> पहले रंग दिया"),
        ("町の橋計画が最初の冬を越える", "&#30010;の橋計画が最初の冬を越える"),
        ("مجلس الميناء يقرر إبقاء المنارة", "«مجلس الميناء يقرر إبقاء المنارة»"),
    ] {
        let escaped = headline.replace('&', "&amp;");
        let seen = Seen::of(&page_about(&escaped, &format!("<h1>{escaped}</h1><p>{ONE}</p><p>{other}</p>")));
        assert_eq!(
            seen.title_places(),
            [("headline", "same"), ("body", "same")],
            "{other}: {:?}",
            seen.repeats()
        );
    }
}

#[test]
fn a_label_of_any_language_is_a_label() {
    for (headline, label) in [
        (HEADLINE, "Also read:"),
        ("Stadtrat lässt den Turm doch stehen", "Lesen Sie auch:"),
        ("Совет решил не гасить маяк", "Читайте также:"),
        ("मछुआरों ने नावघर पहले रंग दिया", "यह भी पढ़ें:"),
        ("町の橋計画が最初の冬を越える", "関連記事："),
        ("مجلس الميناء يقرر إبقاء المنارة", "اقرأ أيضا:"),
    ] {
        for body in
            [format!("<p>{label} {headline}</p>"), format!("<p>{label} <a href=/x>{headline}</a></p>")]
        {
            let seen = Seen::of(&page_about(headline, &format!("<h1>{headline}</h1><p>{ONE}</p>{body}")));
            assert_eq!(seen.title_places().last().map(|place| place.1), Some("labelled"), "{body}");
        }
    }
    let sentence = format!(
        "<p>Two years ago we wrote under this head: {HEADLINE}, and nobody wanted to believe it.</p>"
    );
    assert_eq!(Seen::of(&page(&format!("<h1>{HEADLINE}</h1>{sentence}"))).repeats(), &[] as &[Value]);
}

#[test]
fn a_headline_beside_its_site_s_name_is_one_and_the_next_of_a_series_is_another() {
    for other in [
        format!("{HEADLINE} | Sound Courier"),
        format!("{HEADLINE} - Sound Courier"),
        format!("Sound Courier: {HEADLINE}"),
        format!("{HEADLINE} | Another Paper"),
        format!("<a href=https://other.example/x>{HEADLINE} - Other Paper</a>"),
    ] {
        let seen = Seen::of(&page(&format!("<h1>{HEADLINE}</h1><p>{ONE}</p><p>{other}</p>")));
        assert_eq!(
            seen.title_places().last().map(|place| place.1),
            Some("sited"),
            "{other}: {:?}",
            seen.repeats()
        );
    }
    for other in ["Part 2", "4 May 2026", "2"] {
        let headline = format!("{HEADLINE}, {other}");
        let html =
            page(&format!("<h1>{HEADLINE}</h1><p>{ONE}</p><p>{headline}</p><p>{HEADLINE} - {other}</p>"));
        assert_eq!(Seen::of(&html).title(), &Value::Null, "{other}");
    }
    let og = page(&format!("<h1>{HEADLINE}</h1><p>{ONE}</p><p>{HEADLINE} \u{2013} Der Bote</p>"));
    let named = og.replace("<title>", "<meta property=og:site_name content='Der Bote'><title>");
    assert_eq!(Seen::of(&og).title(), &Value::Null, "nobody says that this is a site");
    assert_eq!(Seen::of(&named).title_places()[1].1, "sited");
}

/// The form of the second place of the headline of each page of a folder, by the page's name, as `page` and `scan` tell it.
fn second_forms(pages: &[(&str, String)]) -> Vec<(String, String)> {
    let dir = Dir::new();
    for (name, html) in pages {
        dir.file(&format!("news/{name}.html"), html);
    }
    let folder = dir.path("news").display().to_string();
    let seen: Value = serde_json::from_slice(&run(&["page", &folder, "--report", "json"]).stdout).unwrap();
    let report: Value =
        serde_json::from_slice(&run(&["scan", &folder, "--quiet", "--report", "json"]).stdout).unwrap();
    let forms = |rows: &Value| -> Vec<(String, String)> {
        let rows = rows.as_array().unwrap().iter();
        let titles = rows.filter_map(|row| {
            let mut repeats = row["repeats"].as_array().unwrap().iter();
            let title = repeats.find(|repeat| repeat["kind"] == "title")?;
            let id = row["id"].as_str().unwrap().rsplit('/').next().unwrap();
            let form = title["places"][1]["as"].as_str().unwrap();
            Some((id.trim_end_matches(".html").to_owned(), form.to_owned()))
        });
        titles.collect()
    };
    let found = forms(&seen);
    assert_eq!(forms(&report["pages"]), found);
    found
}

#[test]
fn the_site_s_name_is_known_from_other_pages_of_the_site() {
    // No page but the one that `head` is for says of which site it is.
    let page_of = |host: &str, headline: &str, head: &str, line: &str| {
        format!(
            "<!doctype html><title>{headline}</title>{head}<link rel=canonical href=https://{host}/{}>\
             <h1>{headline}</h1><p>{ONE}</p><p>{line}</p>",
            headline.replace(' ', "-")
        )
    };
    let (one, other, host) = (HEADLINE, "Mayor opens the third bridge", "q.example");
    let beside = |headline: &str| format!("{headline} \u{2013} Der Bote");
    let sited = |name: &str| (name.to_owned(), "sited".to_owned());
    let own = ("one", page_of(host, one, "", &beside(one)));
    assert_eq!(second_forms(std::slice::from_ref(&own)), [], "one page shows nothing");
    // Beside the headline of another page, before or behind it; in what another page says of itself.
    let behind = ("two", page_of(host, other, "", &beside(other)));
    assert_eq!(second_forms(&[own.clone(), behind.clone()]), [sited("one"), sited("two")]);
    let before = ("two", page_of(host, other, "", &format!("Der Bote \u{b7} {other}")));
    assert_eq!(second_forms(&[own.clone(), before]), [sited("one"), sited("two")]);
    for head in ["<meta property=og:site_name content='Der Bote'>", "<title>"] {
        let mut named = page_of(host, other, head, "Nothing");
        if head == "<title>" {
            named = named.replace(
                &format!("<title>{other}</title><title>"),
                &format!("<title>{other} - Der Bote</title>"),
            );
        }
        assert_eq!(second_forms(&[own.clone(), ("two", named)]), [sited("one")], "{head}");
    }
    // Not of another site, of the same page in another place, or in a way to another page; nor is the next of a series.
    let away = ("two", page_of("other.test", other, "", &beside(other)));
    assert_eq!(second_forms(&[own.clone(), away]), []);
    let again = ("two", own.1.replace("/Harbour", "/print/Harbour"));
    assert_eq!(second_forms(&[own.clone(), again]), []);
    let next = |headline: &str, line: &str| page_of(host, headline, "", line);
    let parts = ["one", "two"].into_iter().zip([one, other]);
    let linked =
        |headline: &str| format!("<a href=/next-{}>{headline} \u{2013} Part two</a>", headline.len());
    let series: Vec<(&str, String)> =
        parts.clone().map(|(name, headline)| (name, next(headline, &linked(headline)))).collect();
    assert_eq!(second_forms(&series), []);
    let numbered: Vec<(&str, String)> = parts
        .map(|(name, headline)| (name, next(headline, &format!("{headline} \u{2013} Part 2"))))
        .collect();
    assert_eq!(second_forms(&numbered), []);
}

#[test]
fn a_headline_that_is_cut_is_one_from_four_words_on() {
    let seen =
        |cut: &str| Seen::of(&page(&format!("<h1>{HEADLINE}</h1><p>{ONE}</p><p><a href=/x>{cut}</a></p>")));
    for cut in [
        "Harbour board votes for\u{2026}",
        "Harbour board votes for a sec...",
        "HARBOUR BOARD VOTES FOR A [\u{2026}]",
    ] {
        assert_eq!(seen(cut).title_places().last(), Some(&("teaser", "cut")), "{cut}");
    }
    for other in
        ["Harbour board votes\u{2026}", "Harbour board votes for", "Harbour master votes for a\u{2026}"]
    {
        assert_eq!(seen(other).title(), &Value::Null, "{other}");
    }
}

#[test]
fn an_article_that_stands_twice_is_one_block() {
    let article =
        format!("<h2>What was decided</h2><p>{ONE}</p><div>Advertisement</div><p>{TWO}</p><p>{THREE}</p>");
    let seen = Seen::of(&page(&format!(
        "<h1>{HEADLINE}</h1><div class=phone>{article}</div><div class=desk>{}</div>",
        article.replace("<div>Advertisement</div>", "")
    )));
    assert_eq!(seen.kinds(), [("block", 2)]);
    for place in seen.repeats()[0]["places"].as_array().unwrap() {
        let cut = seen.cut(place).unwrap();
        assert!(cut.starts_with("What was decided") && cut.ends_with(THREE), "{cut}");
    }
    // A post of two paragraphs that is quoted whole; an entry that stands three times.
    let post = format!("<p>{ONE}</p><p>{TWO}</p>");
    let quoted = Seen::of(&page(&format!(
        "<h1>{HEADLINE}</h1>{post}<p>Well said.</p><blockquote>{post}</blockquote><p>Indeed it is.</p><blockquote>{post}</blockquote>"
    )));
    assert_eq!(quoted.kinds(), [("block", 3)]);
    let one = Seen::of(&page(&format!(
        "<h1>{HEADLINE}</h1><p>{ONE}</p><p>{TWO}</p><blockquote><p>{ONE}</p></blockquote>"
    )));
    assert_eq!(one.kinds(), [("paragraph", 2)]);
}

#[test]
fn an_entry_of_a_live_blog_that_stands_twice_is_one_block() {
    let entry = format!("<section><h3>The chairman resigns</h3><p>{ONE}</p></section>");
    let other = format!("<section><h3>What comes next</h3><p>{TWO}</p></section>");
    let seen = Seen::of(&page(&format!("<h1>{HEADLINE}</h1>{entry}{other}{entry}<p>{THREE}</p>")));
    assert_eq!(seen.kinds(), [("block", 2)]);
    for place in seen.repeats()[0]["places"].as_array().unwrap() {
        assert_eq!(seen.cut(place).unwrap(), format!("The chairman resigns\n\n{ONE}"));
    }
    // A heading and a paragraph that stand apart are two things, and so is a heading above a few words.
    let apart = format!("<h3>The chairman resigns</h3><p>{TWO}</p><p>{ONE}</p>");
    let seen = Seen::of(&page(&format!("<h1>{HEADLINE}</h1>{entry}<p>{THREE}</p>{apart}")));
    assert_eq!(seen.kinds(), [("heading", 2), ("paragraph", 2)]);
}

#[test]
fn a_site_s_name_that_is_the_first_heading_is_not_the_headline() {
    let html = format!(
        "<!doctype html><title>{HEADLINE} | soundpost</title><link rel=canonical href=https://a.example/w/s.example/ferry>\
         <a href=https://a.example/w/s.example/ rel=home><h1>soundpost</h1></a><h1>{HEADLINE}</h1><p>{ONE}</p><p>{HEADLINE}</p>"
    );
    assert_eq!(Seen::of(&html).title_places(), [("headline", "same"), ("body", "same")]);
}

#[test]
fn nearly_equal_paragraphs_are_similar_with_what_differs() {
    let other = ONE.replace("seven", "eight");
    let seen = Seen::of(&page(&format!("<h1>{HEADLINE}</h1><p>{ONE}</p><p>{TWO}</p><p>{other}</p>")));
    assert_eq!(seen.kinds(), [("similar", 2)]);
    let change = &seen.repeats()[0]["changes"][0];
    let cut = |side: &str| {
        let bounds: Vec<usize> = serde_json::from_value(change[side].clone()).unwrap();
        &seen.text[bounds[0]..bounds[1]]
    };
    assert_eq!(
        (cut("a"), cut("b"), seen.repeats()[0]["changes"].as_array().unwrap().len()),
        ("seven", "eight", 1)
    );
    let unlike =
        ONE.replace("seven to two", "by a show of hands").replace("long winter", "short and rainy summer");
    assert_eq!(Seen::of(&page(&format!("<h1>{HEADLINE}</h1><p>{ONE}</p><p>{unlike}</p>"))).kinds(), []);
    let dir = Dir::new();
    let path = dir.file("page.html", page(&format!("<h1>{HEADLINE}</h1><p>{ONE}</p><p>{other}</p>")));
    assert_eq!(code(&run(&["page", path.to_str().unwrap(), "--fail-on-repeats"])), 0, "they are no repeats");
}

#[test]
fn what_site_owners_check_is_told() {
    assert_eq!(Seen::of(&page(&format!("<h1>{HEADLINE}</h1><p>{ONE}</p>"))).faults(), [] as [&str; 0]);
    let two = page(&format!("<h1>{HEADLINE}</h1><p>{ONE}</p><h1>Weather in the sound</h1>"));
    assert_eq!(Seen::of(&two).faults(), ["several-headlines"]);
    let differ = page(&format!("<h1>{HEADLINE}</h1><p>{ONE}</p>"))
        .replace("og:title content=\"Harbour board votes for", "og:title content=\"You will not believe");
    let seen = Seen::of(&differ);
    assert_eq!(seen.faults(), ["titles-differ"]);
    assert_eq!(seen.row["faults"][0]["texts"][1], "You will not believe a second ferry");
    let empty = page("<p>x</p>").replace(&format!("{HEADLINE} | Sound Courier"), " ");
    assert!(Seen::of(&empty).faults().contains(&"no-title"));
    let described = page(&format!("<h1>{HEADLINE}</h1><p>{ONE}</p>"))
        .replace("<title>", &format!("<meta name=description content='{HEADLINE}.'><title>"));
    assert_eq!(Seen::of(&described).faults(), ["description-is-title"]);
}

#[test]
fn titles_and_descriptions_that_pages_of_a_site_share_are_told_over_a_folder() {
    let dir = Dir::new();
    let described = |name: &str, title: &str| {
        let html = format!(
            "<title>{title}</title><link rel=canonical href=https://sound.example/{name}>\
             <meta property=og:site_name content='Sound Courier'><meta name=description content='News from the sound, daily'>\
             <h1>{title}</h1><p>{ONE}</p>"
        );
        dir.file(&format!("site/{name}.html"), html);
    };
    described("a", "Ferry runs again");
    described("b", "Ferry runs again");
    described("c", "Clock stops again");
    let folder = dir.path("site").display().to_string();
    let pages: Value = serde_json::from_slice(&run(&["page", &folder, "--report", "json"]).stdout).unwrap();
    let shared = |at: usize| -> Vec<(Value, Value)> {
        pages[at]["faults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| (f["kind"].clone(), f["pages"].clone()))
            .collect()
    };
    assert_eq!(shared(0), [(json!("title-shared"), json!(2)), (json!("description-shared"), json!(3))]);
    assert_eq!(shared(2), [(json!("description-shared"), json!(3))]);
    let titles = Reports::of(&dir.path("site"), &["--classic"]).json["titles"].clone();
    let kinds: Vec<(&str, usize)> = titles
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["kind"].as_str().unwrap_or("title"), row["documents"].as_array().unwrap().len()))
        .collect();
    assert_eq!(kinds, [("description", 3), ("title", 2)]);
}

#[test]
fn a_page_is_a_screen_at_most_and_pages_without_any_are_counted() {
    let dir = Dir::new();
    let many: String = (0..30)
        .map(|i| format!("<h2>Section number {i} of them all</h2><p>Text {i}.</p><h3>Section number {i} of them all</h3><p>More {i}.</p>"))
        .collect();
    dir.file("site/many.html", page(&format!("<h1>{HEADLINE}</h1>{many}")));
    dir.file("site/none.html", page(&format!("<h1>{HEADLINE}</h1><p>{ONE}</p>")));
    let folder = dir.path("site").display().to_string();
    let said = stdout(&run(&["page", &folder]));
    assert!(said.lines().count() <= 24 && said.contains("and 21 more; --all shows them"), "{said}");
    assert!(
        said.contains(
            "  heading 2 times: Section number 0 of them all\n      heading, line 6; heading, line 6\n"
        ),
        "{said}"
    );
    assert!(!said.contains("none.html") && said.contains("2 pages: 1 with repeats, 1 without"), "{said}");
    assert!(stdout(&run(&["page", &folder, "--all"])).lines().count() > 60);
    assert_eq!(code(&run(&["page", &folder, "--quiet", "--fail-on-repeats"])), 1);
}

#[test]
fn reports_of_pages_are_json_csv_html_and_sarif() {
    let dir = Dir::new();
    dir.file("site/a b.html", page(&format!("<h1>{HEADLINE}</h1>\n<p>{ONE}</p>\n  <h2>{HEADLINE}</h2>")));
    let folder = dir.path("site").display().to_string();
    let target = |name: &str| format!("{name}={}", dir.path(&format!("site/out.{name}")).display());
    let formats = ["json", "csv", "html", "sarif"].map(target);
    let arguments: Vec<&str> = formats.iter().flat_map(|target| ["--report", target]).collect();
    let write = || code(&run(&[&["page", "--quiet", &folder], &arguments[..]].concat()));
    assert_eq!(write(), 0);
    let read = |name: &str| std::fs::read_to_string(dir.path(&format!("site/out.{name}"))).unwrap();
    let first = ["json", "csv", "html", "sarif"].map(read);
    // They are known as our own: written again, and not read as pages.
    assert_eq!(write(), 0);
    let [json, csv, html, sarif] = first;
    assert_eq!(["json", "csv", "sarif"].map(read), [&json, &csv, &sarif].map(String::clone));
    assert!(read("html").contains("passed over: wirecopy wrote it"));
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap().as_array().unwrap().len(), 1);
    let line = csv.lines().nth(1).unwrap();
    assert!(line.starts_with("a b.html,") && line.contains(",title,2,,6,"), "{csv}");
    assert!(
        html.contains(&format!("\\n\\n{TWO}")) || html.contains(&format!("{HEADLINE}\\n\\n{ONE}")),
        "its text is there"
    );
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(
        (&sarif["version"], &result["ruleId"], &result["level"]),
        (&json!("2.1.0"), &json!("title"), &json!("warning"))
    );
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(location["region"], json!({"startLine": 8, "startColumn": 7}));
    assert!(location["artifactLocation"]["uri"].as_str().unwrap().ends_with("/site/a%20b.html"));
    assert_eq!(
        result["relatedLocations"][0]["physicalLocation"]["region"],
        json!({"startLine": 6, "startColumn": 5})
    );
}

#[test]
fn a_scan_looks_at_the_visible_page_and_compares_the_article() {
    let dir = Dir::new();
    let body = format!("<article><h1>{HEADLINE}</h1><p>{ONE}</p><p>{TWO}</p><p>{THREE}</p></article>");
    let teasers = format!(
        "<aside><ul><li><a href=/x>{HEADLINE}</a></li><li><a href=/y>Clock stops again in frost</a></li></ul></aside>"
    );
    dir.file("a/one.html", page(&format!("{body}{teasers}")));
    dir.file("b/two.html", page(&body).replace("sound.example", "strait.example"));
    let reports = Reports::of(&dir.path(""), &["--classic"]);
    assert_eq!(reports.relations().values().next().map(|(relation, _)| &**relation), Some("exact"));
    let pages = reports.json["pages"].as_array().unwrap();
    assert_eq!(pages.len(), 1);
    let places = pages[0]["repeats"][0]["places"].as_array().unwrap();
    assert_eq!((&places[0]["role"], &places[1]["role"]), (&json!("headline"), &json!("aside")));
    let html = dir.path("report.html");
    let scanned = run(&[
        "scan",
        "--quiet",
        dir.path("a").to_str().unwrap(),
        "--report",
        &format!("html={}", html.display()),
    ]);
    assert_eq!(code(&scanned), 0);
    let html = std::fs::read_to_string(html).unwrap();
    assert!(html.contains("\"visible\":{\"") && html.contains("Clock stops again in frost"));
}

#[test]
fn a_text_has_places_with_lines_too() {
    let dir = Dir::new();
    let text = format!(
        "{HEADLINE}\n\n{ONE}\n\nAlso read: {HEADLINE}\n\n## {HEADLINE}\n\n{TWO}\n\nHarbour board votes for a \u{2026}\n"
    );
    let path = dir.file("page.txt", text).display().to_string();
    let pages: Value = serde_json::from_slice(&run(&["page", &path, "--report", "json"]).stdout).unwrap();
    let places = pages[0]["repeats"][0]["places"].as_array().unwrap();
    let told: Vec<(&str, &str, u64, u64)> = places
        .iter()
        .map(|p| {
            (
                p["role"].as_str().unwrap(),
                p["as"].as_str().unwrap(),
                p["line"].as_u64().unwrap(),
                p["column"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("headline", "same", 1, 1),
            ("heading", "labelled", 5, 1),
            ("heading", "same", 7, 4),
            ("body", "cut", 11, 1)
        ]
    );
}

#[test]
fn a_page_is_told_the_same_on_any_number_of_threads() {
    let dir = Dir::new();
    for i in 0..40 {
        dir.file(
            &format!("site/{i}.html"),
            page(&format!("<h1>{HEADLINE}</h1><p>{ONE} {i}</p><h2>{HEADLINE}</h2>")),
        );
    }
    let folder = dir.path("site").display().to_string();
    let told = run(&["page", &folder, "--report", "json"]).stdout;
    for _ in 0..3 {
        assert_eq!(run(&["page", &folder, "--report", "json"]).stdout, told);
    }
}
