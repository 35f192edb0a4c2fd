use std::fmt::Write;

use encoding_rs::{EUC_KR, Encoding, GB18030, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252, WINDOWS_1256};
use proptest::prelude::*;

use super::*;

mod articles;
mod metadata;

const STORY: &str = "The harbour council met on Tuesday and voted eleven to four for the new bridge over the sound, \
    which is to open in the spring, when the ferry is taken out of service.";

fn main_of(html: &str) -> HtmlPage {
    read(html.as_bytes(), None, HtmlMode::Main).expect("is text")
}

fn all_of(html: &str) -> HtmlPage {
    read(html.as_bytes(), None, HtmlMode::All).expect("is text")
}

/// An article of `paragraphs` paragraphs, each different.
fn article(paragraphs: usize) -> String {
    (0..paragraphs).fold(String::new(), |mut html, i| {
        let _ = write!(html, "<p>Paragraph {i}, as told by witness {i}. {STORY}</p>");
        html
    })
}

fn page(around: &str) -> String {
    format!("<html><head><title>T</title></head><body>{}</body></html>", around.replace("STORY", &article(4)))
}

#[test]
fn the_article_and_not_what_is_around_it() {
    let html = page(
        "<nav><ul><li><a href=/a>Home page</a><li><a href=/b>Other news</a></ul></nav>\
         <div class=cookie-notice><p>We set cookies. They are small, sweet, and they stay for years if you let them.</p></div>\
         <article><h1>Bridge for the sound</h1><p class=lead>The ferry's days are over, and few will miss it.</p>\
         <div class=share-buttons>Share this</div><div class=article-text>STORY\
         <figure><img src=x.jpg><figcaption>The ferry in 1987. Photo: A. N. Other</figcaption></figure>\
         <p>Read more: <a href=/c>The ferry that would not sink</a></p>\
         <h3>More on this</h3><ul><li><a href=/d>A bridge too far from here</a></li></ul></div>\
         <div class=author-box>Jo Doe has written about ferries since 1999.</div></article>\
         <div id=comments><p>What a nice bridge, I have always said so, and so has my neighbour.</p></div>\
         <footer>All rights reserved</footer><script>var p = '</p><p>not text</p>';</script>",
    );
    let text = main_of(&html).text;
    assert!(text.starts_with(
        "Bridge for the sound\n\nThe ferry's days are over, and few will miss it.\n\nParagraph 0"
    ));
    assert_eq!(text.matches("voted eleven").count(), 4);
    let unwanted = [
        "Home page",
        "cookies",
        "Share this",
        "1987",
        "Photo",
        "Read more",
        "would not sink",
        "More on this",
        "too far",
        "Jo Doe",
        "nice bridge",
        "rights",
        "not text",
    ];
    for unwanted in unwanted {
        assert!(!text.contains(unwanted), "{unwanted} is in {text}");
    }
    let all = all_of(&html).text;
    for visible in ["Home page", "cookies", "1987", "Jo Doe", "nice bridge", "rights"] {
        assert!(all.contains(visible), "{visible} is not in {all}");
    }
    assert!(!all.contains("not text"));
}

#[test]
fn blocks_lines_and_white_space() {
    let html = "<h2>A  heading</h2><p>One\n <b>two</b>three<br>four&nbsp;five</p><ul><li>six<li>seven</ul>\
        <table><tr><td>eight<td>nine<tr><td>ten</table><pre>  a\n   b\n\nc</pre><blockquote><p>q</p></blockquote>";
    let page = read_with_blocks(html.as_bytes(), None, HtmlMode::All).expect("is text");
    let truth = "A heading\n\nOne twothree\nfour five\n\nsix\nseven\n\neight nine\nten\n\na\nb\n\nc\n\nq";
    assert_eq!(page.text, truth);
    let kinds: Vec<BlockKind> = page.blocks.iter().map(|block| block.kind).collect();
    use BlockKind::{Heading, ListItem, Paragraph, Preformatted, Quote, TableRow};
    let pre = Preformatted;
    let rows = TableRow;
    assert_eq!(
        kinds,
        [Heading(2), Paragraph, Paragraph, ListItem, ListItem, rows, rows, pre, pre, pre, Quote]
    );
    assert_eq!(page.headings, [super::Heading { level: 2, text: "A heading".into() }]);
}

#[test]
fn blocks_say_where_they_stand() {
    let html = "<title>Lost cat - The Daily</title><body><article><h1>Lost cat</h1><div><p>One.</p><h2>b</h2>\
        <p><a href=/x>Two</a></p><h2>Lost Cat!</h2></div></article>";
    let page = read_with_blocks(html.as_bytes(), None, HtmlMode::All).expect("is text");
    let found: Vec<_> =
        page.blocks.iter().map(|block| (block.path.as_str(), block.kind, block.in_link)).collect();
    let truth = [
        ("body > article > h1", BlockKind::Title, false),
        ("body > article > div > p", BlockKind::Paragraph, false),
        ("body > article > div > h2", BlockKind::Heading(2), false),
        ("body > article > div > p:nth-of-type(2)", BlockKind::Paragraph, true),
        ("body > article > div > h2:nth-of-type(2)", BlockKind::Title, false),
    ];
    assert_eq!(found, truth);
    let texts: Vec<&str> =
        page.blocks.iter().map(|b| &page.text[b.range.start as usize..b.range.end as usize]).collect();
    assert_eq!(texts, ["Lost cat", "One.", "b", "Two", "Lost Cat!"]);
    assert_eq!(page.title.as_deref(), Some("Lost cat"));
    let echoes: Vec<_> = page.echoes.iter().map(|echo| (echo.source, echo.same)).collect();
    assert_eq!(echoes, [(EchoSource::TitleElement, true), (EchoSource::FirstHeading, true)]);
}

#[test]
fn metadata_of_json_ld() {
    let html = r#"<html lang="de-AT"><head><title>Egal</title>
        <script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"WebSite","name":"X"},
        {"@type":["Thing","NewsArticle"],"headline":"Die Br&uuml;cke","datePublished":"2024-11-20T06:00:00+0100",
        "author":[{"@type":"Person","name":"A. Huber"},{"@id":"_b"},{"@id":"_c"}],"publisher":{"name":"Der Bote"},
        "mainEntityOfPage":{"@id":"https://bote.example/bruecke"},"description":"broken
        line"},{"@id":"_b","@type":"Person","name":"B. Maier"}]}</script></head><body><p>x"#;
    let page = main_of(html);
    assert_eq!(page.title.as_deref(), Some("Die Br\u{fc}cke"));
    assert_eq!(page.date.as_deref(), Some("2024-11-20T06:00:00+01:00"));
    assert_eq!(page.author.as_deref(), Some("A. Huber, B. Maier"));
    assert_eq!(page.site_name.as_deref(), Some("Der Bote"));
    assert_eq!(page.canonical_url.as_deref(), Some("https://bote.example/bruecke"));
    assert_eq!(page.language.as_deref(), Some("de-AT"));
}

#[test]
fn metadata_of_open_graph_and_older_names() {
    let html = "<meta property=og:title content='Le pont &#150; L&#8217;Écho'><meta property='og:site_name' content=\"L’Écho\">\
        <meta property=article:published_time content=2024-05-06><link rel='alternate canonical' href='https://e.example/a?b=1&amp;c=2'>\
        <meta name=AUTHOR content='  C.  Petit '><p>x";
    let page = main_of(html);
    assert_eq!(page.title.as_deref(), Some("Le pont"));
    assert_eq!(page.date.as_deref(), Some("2024-05-06"));
    assert_eq!(page.author.as_deref(), Some("C. Petit"));
    assert_eq!(page.canonical_url.as_deref(), Some("https://e.example/a?b=1&c=2"));
    let timed = main_of(&format!(
        "<h1>A</h1><time datetime='yesterday'>x</time><time datetime='2020-01-02 03:04'>y</time><p>{STORY}"
    ));
    assert_eq!(timed.date.as_deref(), Some("2020-01-02"));
    let marked = main_of(&format!(
        "<h1>A</h1><time datetime=2020-01-02T00:00Z></time><time pubdate datetime=2021-01-02T05:00Z></time><p>{STORY}"
    ));
    assert_eq!(marked.date.as_deref(), Some("2021-01-02T05:00:00Z"));
    assert_eq!(main_of("<p>x").title, None);
    assert_eq!(main_of("<link rel=canonical href=/relative><p>x").canonical_url, None);
}

#[test]
fn a_title_loses_its_site_and_nothing_else() {
    let title = |title: &str, more: &str| {
        main_of(&format!("<title>{title}</title>{more}<p>x")).title.unwrap_or_default()
    };
    let site = "<meta property=og:site_name content='The Daily'>";
    assert_eq!(title("Cat found | The Daily", site), "Cat found");
    assert_eq!(title("The Daily: Cat found", site), "Cat found");
    assert_eq!(title("Cat found - Pets - The Daily", site), "Cat found - Pets");
    assert_eq!(title("Cat found - Pets - The Daily", "<h1>Cat found</h1>"), "Cat found");
    assert_eq!(title("Cat found | The Daily", ""), "Cat found | The Daily");
    assert_eq!(title("Update: cat - found", "<h1>Other</h1>"), "Update: cat - found");
    assert_eq!(title("The Daily", site), "The Daily");
    assert_eq!(title("A&amp;B\n &lt;c&gt;", ""), "A&B <c>");
}

#[test]
fn text_that_the_page_builds_by_script() {
    let body = "First paragraph of some length, with commas.\\nSecond one. ".repeat(20);
    let html = format!(
        "<script type='application/ld+json'>{{\"@type\":\"NewsArticle\",\"articleBody\":\"{body}\"}}</script><div id=root>Loading</div>"
    );
    let page = read_with_blocks(html.as_bytes(), None, HtmlMode::Main).expect("is text");
    assert!(page.text.starts_with("First paragraph of some length, with commas.\n\nSecond one. First"));
    assert_eq!(page.blocks.len(), 1);
    assert_eq!(all_of(&html).text, "Loading");
}

#[test]
fn charsets() {
    let cases: [(&'static Encoding, &str); 6] = [
        (
            SHIFT_JIS,
            "\u{65e5}\u{672c}\u{9280}\u{884c}\u{306f}\u{91d1}\u{878d}\u{653f}\u{7b56}\u{3092}\u{767a}\u{8868}\u{3057}\u{305f}\u{3002}",
        ),
        (
            WINDOWS_1251,
            "\u{41c}\u{43e}\u{441}\u{442} \u{447}\u{435}\u{440}\u{435}\u{437} \u{440}\u{435}\u{43a}\u{443} \u{43e}\u{442}\u{43a}\u{440}\u{44b}\u{442}.",
        ),
        (
            WINDOWS_1256,
            "\u{627}\u{641}\u{62a}\u{62a}\u{62d} \u{627}\u{644}\u{62c}\u{633}\u{631} \u{627}\u{644}\u{62c}\u{62f}\u{64a}\u{62f} \u{627}\u{644}\u{64a}\u{648}\u{645}.",
        ),
        (GB18030, "\u{65b0}\u{6865}\u{5c06}\u{4e8e}\u{6625}\u{5929}\u{901a}\u{8f66}\u{3002}"),
        (EUC_KR, "\u{c0c8} \u{b2e4}\u{b9ac}\u{ac00} \u{bd04}\u{c5d0} \u{ac1c}\u{d1b5}\u{b41c}\u{b2e4}."),
        (WINDOWS_1252, "Die Br\u{fc}cke \u{fc}ber den Sund wird er\u{f6}ffnet, sagt der B\u{fc}rgermeister."),
    ];
    for (encoding, line) in cases {
        let text = format!("{line} ").repeat(12);
        let label = encoding.name();
        let html = format!(
            "<html><head><meta charset={label}><title>x</title></head><article><p>{text}</p></article>"
        );
        let bytes = encoding.encode(&html).0;
        let page = read(&bytes, None, HtmlMode::Main).expect("is text");
        assert_eq!((page.text.as_str(), page.encoding, page.replaced), (text.trim_end(), label, 0));
        let unnamed = encoding.encode(&format!("<p>{text}</p>")).0.into_owned();
        let hint = format!("text/html; charset=\"{label}\"");
        let page = read(&unnamed, Some(&hint), HtmlMode::Main).expect("is text");
        assert_eq!((page.text.as_str(), page.encoding), (text.trim_end(), label));
        let guessed = read(&unnamed, None, HtmlMode::Main).expect("is text");
        assert_eq!(guessed.text, text.trim_end(), "{label} taken for {}", guessed.encoding);
    }
}

#[test]
fn hostile_pages_keep_their_text() {
    let story = STORY;
    let pages = [
        format!("<body>{}deep {story}{}", "<div>".repeat(100_000), "</div>".repeat(100_000)),
        format!("{}{story}", "<p><b>".repeat(3000)),
        format!("{}{story}", "<a href=x><div>".repeat(5000)),
        format!("{}{story}", "<table><tr><td>".repeat(5000)),
        format!("{}{story}", "<blockquote><ul><li>".repeat(5000)),
        format!(
            "<div {}>{story}</div>",
            (0..50_000).fold(String::new(), |s, i| s + &format!("a{i}=\"{i}\" "))
        ),
        format!("<div class='{}'>{story}</div>", "share ".repeat(100_000)),
        format!("<p>{}</p><p>{story}", "&amp;".repeat(100_000)),
        format!("<p>{}</p><p>{story}", "&nbsp;\u{a0}&lt;".repeat(20_000)),
        format!("{}><p>{story}", "<!--".repeat(20_000)),
        format!("<!-- never closed ><p>{story}</p><p>more</p>"),
        format!("<svg><p>{story}</p>"),
        format!("<select><option>x<p>{story}</p>"),
        format!("{}<p>{story}", "<svg>".repeat(50_000)),
        format!("<p>a\0b</p><p>{story}\0</p>").replace('\0', "\u{0}"),
        format!("<script>if (a < b) {{ x('</p><p>'); }}</script><p>{story}"),
        format!("<p>{story}</p><p class=\"cut off in a ta"),
        format!("<p>{story}</p><scrip"),
        format!("<frameset><frame></frameset><noframes><p>{story}</noframes>"),
        format!("<plaintext><p>{story}</p>"),
        format!("<script type=application/ld+json>{}</script><p>{story}", "[".repeat(100_000)),
        format!("<template><p>x</template><math><mi>y</mi></math><p>{story}"),
    ];
    for html in pages {
        for mode in [HtmlMode::Main, HtmlMode::All] {
            let page = read(html.as_bytes(), None, mode).expect("is text");
            let start = &html[..html.floor_char_boundary(60)];
            assert_eq!(page.text.matches("voted eleven").count(), 1, "{mode:?} of {start}");
        }
    }
}

#[test]
fn what_is_no_page() {
    assert_eq!(read(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xfe\xd8", None, HtmlMode::Main), Err(Reason::Binary));
    assert_eq!(main_of("").text, "");
    assert_eq!(main_of("<").text, "<");
    assert_eq!(main_of("plain words").text, "plain words");
    assert_eq!(main_of("1 < 2 && 3 > 2 &copy 4").text, "1 < 2 && 3 > 2 \u{a9} 4");
}

/// Bits of pages, well made and not.
fn soup() -> impl Strategy<Value = String> {
    const PARTS: &[&str] = &[
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<a href=x>",
        "</a>",
        "<a name=y>",
        "<b>",
        "</b>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<ul>",
        "<li>",
        "</ul>",
        "<h1>",
        "</h1>",
        "<h2>Head</h2>",
        "<br>",
        "<article>",
        "</article>",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<svg>",
        "</svg>",
        "<title>T - S</title>",
        "<body>",
        "<html lang=x>",
        "&amp;",
        "&",
        "&#0;",
        "&#x110000;",
        "&lt",
        "<",
        ">",
        "\"",
        "'",
        "=",
        "<p class='",
        "\0",
        "\u{a0}",
        "\u{fdd0}",
        "é",
        "語",
        "One, two, three, and many more words that make up a sentence of some length, so that it counts.",
        "word ",
        "<div class=comments>",
        "<div hidden>",
        "<figure>",
        "<figcaption>",
        "<pre>",
        "\n",
        "<select>",
        "<form>",
        "</form>",
        "<button>",
        "<template>",
        "<x-y z>",
        "<math>",
        "<caption>",
        "<frameset>",
        "<option>",
        "</body>",
        "</html>",
        "<?x",
        "<script type=application/ld+json>{\"@type\":\"Article\",\"headline\":\"H\"}</script>",
        "<meta property=og:title content=H>",
        "<time datetime=2020-01-01>",
        "<link rel=canonical href=https://x.example/>",
        "<nav>",
        "</nav>",
        "<p/>",
        "<![CDATA[",
    ];
    proptest::collection::vec(proptest::sample::select(PARTS), 0..120).prop_map(|parts| parts.concat())
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    for mode in [HtmlMode::Main, HtmlMode::All] {
        let Ok(page) = read(bytes, None, mode) else { continue };
        let with_blocks = read_with_blocks(bytes, None, mode).expect("was read before");
        prop_assert_eq!(&page, &HtmlPage { blocks: Vec::new(), ..with_blocks.clone() });
        // What is visible is read in the same pass, and changes nothing of the article.
        let (article, visible) = read_with_visible(bytes, None, mode, true).expect("was read before");
        prop_assert_eq!(&page, &article);
        prop_assert!(mode == HtmlMode::Main || page.text == visible.text);
        for part in &visible.parts {
            prop_assert!(visible.text.get(part.range.start as usize..part.range.end as usize).is_some());
            prop_assert!(part.line > 0 && part.column > 0 && !visible.selector(part).is_empty());
        }
        let mut end = 0;
        for block in &with_blocks.blocks {
            prop_assert!(block.range.start >= end && block.range.end > block.range.start);
            end = block.range.end;
            let text = page.text.get(block.range.start as usize..block.range.end as usize);
            prop_assert!(text.is_some_and(|text| text == text.trim_matches(['\n', ' '])));
        }
        prop_assert_eq!(end as usize, page.text.len());
        prop_assert!(!page.text.contains("\n\n\n") && !page.text.contains("  "));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_soup_is_read_and_always_the_same(html in soup()) {
        check(html.as_bytes())?;
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes)?;
    }

    #[test]
    fn a_mutated_page_is_read(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
    ) {
        let mut bytes = page("<nav><a href=/>Home</a></nav><article><h1>H</h1>STORY<ul><li>x</ul></article>").into_bytes();
        for (at, byte) in cuts {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        check(&bytes)?;
    }
}
