//! What a page says of itself: dates that are its article's and no other's, JSON-LD that is of another page.

use super::*;

fn date(body: &str) -> Option<String> {
    main_of(&format!("<head><title>Night train</title></head><body>{body}")).date
}

const ARTICLE: &str = "<p>The night train from Orrin to the coast runs again after eleven years, with two sleeping cars.</p>\
    <p>Berths cost as much as a room above a tavern, and the first week was sold out within an hour.</p>";

#[test]
fn a_date_is_the_article_s_own() {
    let day = Some("2024-03-05".to_owned());
    for head in [
        "<time datetime=2024-03-05>5 March</time>",
        "<header><time datetime=2024-03-05>5 March</time></header>",
        "<div class=updated><time class=updated datetime=2024-03-09>9 March</time> <time class='entry-date published' datetime=2024-03-05></time></div>",
        "<time class=modified datetime=2024-03-09></time><time datetime=2024-03-05></time>",
        "<span itemprop=datePublished content=2024-03-05>5 March</span>",
        "<span itemprop=datePublished>2024-03-05</span>",
        "<meta itemprop=datePublished content=2024-03-05><meta itemprop=dateModified content=2024-03-09>",
        "<time pubdate datetime=2024-03-05>5 March</time> <time datetime=2024-04-01>fair</time>",
        "<time>2024-03-05</time>",
    ] {
        for around in [
            "ARTICLE",
            "<div class=side><time datetime=2019-07-01>1 July</time> <a href=/x>Regatta</a></div>ARTICLE",
            "<header><time datetime=2026-01-01>Thursday</time></header>ARTICLE",
            "ARTICLE<section class=comments><time datetime=2025-12-12>today</time></section>",
            "ARTICLE<footer><time datetime=2026-01-01>today</time></footer>",
        ] {
            let html =
                around.replace("ARTICLE", &format!("<article><h1>Night train</h1>{head}{ARTICLE}</article>"));
            assert_eq!(date(&html), day, "{html}");
        }
        let html = format!("<time datetime=2026-01-01>Thursday</time><h1>Night train</h1>{head}{ARTICLE}");
        assert_eq!(date(&html), day, "{html}");
    }
}

#[test]
fn no_date_is_better_than_a_wrong_one() {
    for html in [
        "<header><time datetime=2026-01-01>Thursday</time></header><article><h1>Night train</h1>ARTICLE</article>",
        "<article><h1>Night train</h1>ARTICLE<p>The fair opens on <time datetime=2024-05-01>1 May</time> at ten.</p></article>",
        "<article><h1>Night train</h1>ARTICLE</article><div class=comments><article><time pubdate datetime=2025-12-12></time></article></div>",
        "<article><h1>Night train</h1>ARTICLE<div class=comments><time itemprop=datePublished datetime=2025-12-12></time></div></article>",
        "<article><h1>Night train</h1><time datetime=2024-03-09></time><time datetime=2024-03-05></time>ARTICLE</article>",
        "<article><h1>Night train</h1><aside><time datetime=2019-07-01></time></aside>ARTICLE</article>",
        "<table class=calendar><tr><td><time datetime=2024-05-01>1</time></td></tr></table><article><h1>Night train</h1>ARTICLE</article>",
        "<article><h1>Night train</h1><time datetime=1970-01-01T00:00:00Z></time>ARTICLE</article>",
        "<article><h1>Night train</h1><time class=updated datetime=2024-03-09></time>ARTICLE</article>",
    ] {
        assert_eq!(date(&html.replace("ARTICLE", ARTICLE)), None, "{html}");
    }
    for placeholder in
        ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1969-12-31T19:00:00-05:00", "9999-12-31"]
    {
        let meta = format!("<meta property=article:published_time content={placeholder}>");
        assert_eq!(date(&meta), None, "{placeholder}");
        assert_eq!(
            date(&format!("{meta}<meta name=date content=2024-03-05>")).as_deref(),
            Some("2024-03-05")
        );
        let json = format!(
            "<script type=application/ld+json>{{\"@type\":\"Article\",\"headline\":\"T\",\"datePublished\":\"{placeholder}\"}}</script>"
        );
        assert_eq!(
            date(&format!("{json}<meta name=date content=2024-03-05>")).as_deref(),
            Some("2024-03-05")
        );
    }
}

#[test]
fn of_several_articles_in_json_ld_the_page_s_own() {
    let other = r#"{"@type":"NewsArticle","headline":"Net menders strike","datePublished":"2019-01-01","url":"https://a.example/nets"}"#;
    for own in [
        r#"{"@type":"NewsArticle","headline":"A night train","datePublished":"2024-03-05","url":"https://a.example/train"}"#,
        r#"{"@type":"BlogPosting","headline":"A night train","datePublished":"2024-03-05","url":"http://www.a.example/train/"}"#,
        r#"{"@type":"Article","headline":"A night train","datePublished":"2024-03-05","mainEntityOfPage":"https://a.example/train"}"#,
        r#"{"@type":"Article","headline":"A night train","datePublished":"2024-03-05","mainEntityOfPage":{"@type":"WebPage","@id":"https://a.example/train#page"}}"#,
        r#"{"@type":"Article","@id":"https://a.example/train#article","headline":"A night train","datePublished":"2024-03-05"}"#,
        r#"{"@type":"Article","headline":"A night train","datePublished":"2024-03-05","url":"/train"}"#,
        r#"{"@type":["Thing","Article"],"headline":"Night train","datePublished":"2024-03-05"}"#,
        r#"{"@type":"Article","headline":"Night train!","datePublished":"2024-03-05","url":"https://cdn.example/77"}"#,
    ] {
        let script = |json: &str| format!("<script type=application/ld+json>{json}</script>");
        for scripts in [
            script(&format!("[{other},{own}]")),
            script(&format!("[{own},{other}]")),
            script(&format!(
                r#"{{"@context":"https://schema.org","@graph":[{{"@type":"WebSite","name":"X"}},{other},{own}]}}"#
            )),
            format!("{}{}", script(other), script(own)),
            format!("{}{}", script(own), script(other)),
        ] {
            let html = format!(
                "<title>Night train - Alder Post</title><link rel=canonical href=https://a.example/train>\
                 <meta property=og:title content='Night train'>{scripts}<h1>Night train</h1>{ARTICLE}"
            );
            let page = main_of(&html);
            assert_eq!(page.date.as_deref(), Some("2024-03-05"), "{html}");
            assert!(
                page.title.as_deref().is_some_and(|title| title.to_lowercase().contains("night train")),
                "{html}"
            );
        }
    }
    let third = other.replace("Net menders strike", "Owls in the steeple").replace("nets", "owls");
    let html = format!(
        "<title>Night train</title><link rel=canonical href=https://a.example/train><script type=application/ld+json>[{other},{third}]</script>{ARTICLE}"
    );
    let page = main_of(&html);
    assert_eq!((page.title.as_deref(), page.date), (Some("Night train"), None));
    let one = main_of(&format!(
        "<title>Night train</title><script type=application/ld+json>{other}</script>{ARTICLE}"
    ));
    assert_eq!(one.date.as_deref(), Some("2019-01-01"), "the only one is believed");
}

#[test]
fn another_article_s_body_is_not_the_page_s() {
    let body =
        "Fishermen on the quay have laid down their needles, and want a roof over their benches. ".repeat(12);
    let other = format!(
        r#"{{"@type":"NewsArticle","headline":"Net menders strike","url":"https://a.example/nets","articleBody":"{body}"}}"#
    );
    let own = r#"{"@type":"NewsArticle","headline":"Night train","url":"https://a.example/train"}"#;
    let html = format!(
        "<link rel=canonical href=https://a.example/train><script type=application/ld+json>[{other},{own}]</script><article><h1>Night train</h1>{ARTICLE}</article>"
    );
    assert!(main_of(&html).text.ends_with("within an hour."));
}

#[test]
fn readings_are_left_out() {
    for (html, truth) in [
        ("<ruby>市議会<rt>しぎかい</rt></ruby>は<ruby>火曜日<rt>かようび</rt></ruby>", "市議会は火曜日"),
        ("<ruby>市民<rp>（</rp><rt>しみん</rt><rp>）</rp></ruby>の", "市民の"),
        ("<ruby>漢<rt>かん<rt>x</ruby>字", "漢字"),
        ("<ruby>漢<rp>(<rt>かん<rp>)</ruby>字", "漢字"),
        ("<ruby><rb>漢</rb><rb>字</rb><rt>かん</rt><rt>じ</rt></ruby>です", "漢字です"),
        ("<ruby>旧金山<rt>jiù</rt><rtc><rt>San</rt><rt>Francisco</rt></rtc></ruby>市", "旧金山市"),
        ("<ruby>字<rt><span class=r><b>zì</b></span></rt></ruby>典", "字典"),
        ("Words (in brackets) <ruby>stay<rt>no</rt></ruby>", "Words (in brackets) stay"),
        ("<ruby>字<rt>zì<p>Next</p>", "字\n\nNext"),
    ] {
        assert_eq!(all_of(&format!("<p>{html}")).text, truth, "{html}");
        assert_eq!(
            main_of(&format!("<h1>{html}</h1><p>{STORY}</p>"))
                .text
                .split(" The harbour")
                .next()
                .map(|t| t.contains(truth.split('\n').next().unwrap_or_default())),
            Some(true),
            "{html}"
        );
    }
}

#[test]
fn elements_that_close_themselves_are_whole_in_xhtml() {
    let elements = [
        "script src='a.js'",
        "style",
        "title",
        "iframe src='x'",
        "textarea",
        "video",
        "noscript",
        "object",
        "select",
        "audio",
        "a id='x'",
        "p",
        "div",
        "td",
    ];
    for element in elements {
        for page in [
            format!("<html><head><{element}/></head><body><p>Before it.</p><p>{STORY}</p></body></html>"),
            format!("<html><head></head><body><p>Before it.</p><{element} /><p>{STORY}</p></body></html>"),
        ] {
            let declared = format!("<?xml version='1.0'?>{page}");
            let by_type =
                read(page.as_bytes(), Some("application/xhtml+xml"), HtmlMode::All).expect("is text");
            for text in [all_of(&declared).text, by_type.text] {
                assert_eq!(text, format!("Before it.\n\n{STORY}"), "{page}");
            }
        }
    }
    let html = all_of(&format!("<p>Before.</p><script src=a.js/>var x;</script><p>{STORY}</p>"));
    assert_eq!(html.text, format!("Before.\n\n{STORY}"), "in HTML a script's code is no text");
}
