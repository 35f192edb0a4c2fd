//! What of a page is its article, kind by kind. In each page `§1` to `§9` are sentences of the article, all of which have to be in
//! its text and in order; whatever says "offside" must not be. CARDS are eight teasers, longer than a short article.

use super::*;

const TEXTS: [&str; 9] = [
    "The night train from Orrin to the coast runs again after eleven years, with two sleeping cars that a club of retired \
     conductors bought from a museum and repaired in a barn.",
    "Berths cost as much as a room above a tavern, and the first week was sold out within an hour, although the ticket window \
     opens only on market days and takes no cards.",
    "Whoever boards in Orrin is asked to carry coal for the stove, because the heating of the second car was never mended; in \
     return there is soup at midnight, ladled out by the guard himself.",
    "The line crosses four viaducts, of which the third may be used at walking pace only, so that sleepers wake up there and \
     look down upon the lights of the brickworks in the valley.",
    "Mayor Tilde Arnesen travelled in the first train and got off with soot on her collar, which she called the finest ribbon \
     that anybody had pinned on her in all her years of office.",
    "Freight is to follow in autumn: slate from the northern quarry, apples, and a weekly wagon of mail that has gone by road \
     since the old tunnel was flooded by the great thaw.",
    "Neighbours of the track asked for a later departure, since the whistle at the crossing sets every dog between the church \
     and the mill barking until well after eleven.",
    "The club answers that a whistle is required by law, but that its driver, a former trombonist, will try to keep to a \
     softer note where the houses stand close to the rails.",
    "Next summer a third car is to be added for bicycles and prams, provided that the carpenter who has promised to build its \
     doors comes back from the islands in time.",
];

const CARDS: &str = "\
    <div class=card><h3><a href=/1>Plums offside</a></h3><p>The offside plum harvest has begun on the south bank, and pickers are wanted.</p></div>\
    <div class=card><h3><a href=/2>Chess offside</a></h3><p>Twelve offside boards stand on the quay every evening, and losers fetch lemonade.</p></div>\
    <div class=card><h3><a href=/3>Skates offside</a></h3><p>A box of offside skates was left at the town hall; owners may collect them there.</p></div>\
    <div class=card><h3><a href=/4>Owls offside</a></h3><p>Offside owls have moved into the steeple again, and the sexton asks for quiet.</p></div>\
    <div class=card><h3><a href=/5>Bread offside</a></h3><p>The mill sells its offside loaves from a barrow while the shop floor is sanded.</p></div>\
    <div class=card><h3><a href=/6>Brass offside</a></h3><p>The offside band looks for somebody with strong lungs who owns a tuba of his own.</p></div>\
    <div class=card><h3><a href=/7>Bells offside</a></h3><p>A new offside bell was poured on Friday and will hang in the smithy until it cools.</p></div>\
    <div class=card><h3><a href=/8>Nets offside</a></h3><p>Fishermen mend offside nets in public on Saturdays and explain every knot to you.</p></div>";

const COMMENTS: &str = "\
    <div class=item><b>Ada</b><p>I took that offside train in my youth, and it was as cold then as I am sure it is today.</p></div>\
    <div class=item><b>Bo</b><p>Why does nobody speak of the offside bridge? It was closed for a reason, and I was there.</p></div>\
    <div class=item><b>Cy</b><p>My dog does not bark at whistles. He howls offside, in a fine clear tenor, until midnight.</p></div>\
    <div class=item><b>Di</b><p>Soup at midnight is offside no heating. Mend the second car before you buy a third one.</p></div>";

/// A page of a site, with its menu and footer.
fn site(body: &str) -> String {
    let body = TEXTS
        .iter()
        .enumerate()
        .fold(body.to_owned(), |body, (i, text)| body.replace(&format!("§{}", i + 1), text));
    let body = body.replace("CARDS", CARDS).replace("COMMENTS", COMMENTS);
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Night train</title></head><body>\
         <nav><ul><li><a href=/>Home offside</a></li><li><a href=/s>Sport offside</a></li></ul></nav>{body}\
         <footer><p><a href=/i>Imprint offside</a> &middot; The Alder Post offside</p></footer></body></html>"
    )
}

/// What is wrong with the text of a page, if anything.
fn fault(body: &str) -> Option<String> {
    let text = main_of(&site(body)).text;
    let mut at = 0;
    for (i, wanted) in TEXTS.iter().enumerate().filter(|(i, _)| body.contains(&format!("§{}", i + 1))) {
        match text[at..].find(wanted) {
            Some(found) => at += found + wanted.len(),
            None => return Some(format!("§{} is missing from {text:?}", i + 1)),
        }
    }
    let offside = text.lines().find(|line| line.to_lowercase().contains("offside"));
    offside.map(|line| format!("{line:?} is in the text"))
}

/// Checks pages, and names all that are wrong.
#[track_caller]
fn right(pages: &[&str]) {
    let faults: Vec<String> =
        pages.iter().filter_map(|page| Some(format!("{page}\n    {}", fault(page)?))).collect();
    assert!(faults.is_empty(), "{} of {} pages are wrong:\n{}", faults.len(), pages.len(), faults.join("\n"));
}

#[test]
fn an_opinion_piece_is_no_comment_section() {
    let names = [
        "commentary",
        "comment",
        "comments-open",
        "has-comments",
        "kommentar",
        "Leserkommentar",
        "comentario",
        "commentaire",
        "commento",
        "komentarz",
        "discussion",
        "overlay",
        "overlay-text",
        "print",
        "print:px-6",
        "social",
        "modal-content",
        "related-story",
        "banner",
        "sponsored-post",
        "premium",
        "newsletter-issue",
        "author-post",
        "meta",
    ];
    let shapes = [
        "<article class=NAME><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p></article>CARDS",
        "<article id=NAME><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p></article>CARDS",
        "<main class=NAME><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p></main><aside>CARDS</aside>",
        "<main><div class=NAME><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p></div></main><aside>CARDS</aside>",
        "<div class=NAME><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p></div>CARDS",
        "<article><h1>Night train</h1><div class=NAME><p>§1</p><p>§2</p><p>§3</p></div></article>CARDS",
        "<article><h1>Night train</h1><div class=step><div class=NAME><p>§1</p></div></div><div class=step><div class=NAME>\
         <p>§2</p></div></div><div class=step><div class=NAME><p>§3</p></div></div></article>CARDS",
        "<body class=NAME><article><header><h1>Night train</h1></header><section><p>§1</p><p>§2</p></section></article>CARDS",
    ];
    let pages: Vec<String> =
        shapes.iter().flat_map(|shape| names.iter().map(move |name| shape.replace("NAME", name))).collect();
    right(&pages.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn what_readers_wrote_is_not_the_article_s() {
    right(&[
        "<main><article><h1>Night train</h1><p>§1</p><p>§2</p></article><section id=comments><h2>Offside</h2>COMMENTS</section></main>",
        "<article><h1>Night train</h1><p>§1</p><p>§2</p></article><div class=kommentare>COMMENTS COMMENTS</div>",
        "<main><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p><section id=comments class=comments><h2>Offside</h2>\
         <div class=comment><p>I took that offside train in my youth, and it was as cold then as I am sure it is today.</p></div>\
         <div class=comment><p>Why does nobody speak of the offside bridge? It was closed for a reason, and I was there.</p></div>\
         </section></main>",
        "<article><h1>Night train</h1><p>§1</p><p>§2</p><div class=comentarios><ol><li class=comentario><p>I took that offside train \
         in my youth, and it was as cold then as I am sure it is today, dear editor.</p></li><li class=comentario><p>Why does nobody \
         speak of the offside bridge? It was closed for a reason, and I was there to see it.</p></li></ol></div></article>",
        "<article><h1>Night train</h1><p>§1</p><p>§2</p><div id=comments><p>I took that offside train in my youth, and it was as cold \
         then as I am sure it is today.</p><form><textarea></textarea><button>Offside</button></form></div></article>",
        "<div id=page><div class=story><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p></div><div id=disqus_thread class=comments>\
         <div class=comment>COMMENTS</div><div class=comment>COMMENTS</div></div></div>",
        "<main><article><h1>Night train</h1><p>§1</p></article><article class=comment><p>I took that offside train in my youth, and \
         it was as cold then as I am sure it is today.</p></article><article class=comment><p>Why does nobody speak of the offside \
         bridge? It was closed for a reason, and I was there.</p></article></main>",
    ]);
}

#[test]
fn a_short_article_beside_a_longer_column() {
    let articles = [
        "<main><article><h1>Night train</h1><p>§1</p></article></main>",
        "<main><h1>Night train</h1><p>§1</p></main>",
        "<article><h1>Night train</h1><p>§1</p></article>",
        "<article><h2>Night train</h2><p>§1</p></article>",
        "<div role=main><h1>Night train</h1><p>§1</p></div>",
        "<div role=article><h1>Night train</h1><p>§1</p></div>",
        "<main><header><h1>Night train</h1></header><article><p>§1</p></article></main>",
        "<main><div><div><article><header><h1>Night train</h1></header><div><p>§1</p><p>§2</p></div></article></div></div></main>",
        "<div itemscope><h1>Night train</h1><div itemprop=articleBody><p>§1</p></div></div>",
    ];
    let columns = [
        "<aside class=sidebar>CARDS</aside>",
        "<div role=complementary>CARDS</div>",
        "<div class=sidebar>CARDS</div>",
        "<div id=sidebar>CARDS</div>",
        "<div class=column>CARDS</div>",
        "<section>CARDS</section>",
        "<aside><ul><li><a href=/1>Plums offside</a> <p>The offside plum harvest has begun on the south bank, and pickers are wanted \
         from sunrise on.</p></li><li><a href=/2>Chess offside</a> <p>Twelve offside boards stand on the quay every evening, and \
         whoever loses fetches lemonade.</p></li></ul></aside>",
        "<aside><article><h3><a href=/1>Plums offside</a></h3><p>The offside plum harvest has begun on the south bank, and pickers \
         are wanted.</p></article><article><h3><a href=/2>Chess offside</a></h3><p>Twelve offside boards stand on the quay every \
         evening, and losers fetch lemonade.</p></article></aside>",
        "<aside><p>An offside column without a single link, in which the editor tells at length what she had for breakfast, and why \
         it was offside.</p><p>And another offside paragraph of hers, on the same eggs and the same spoon, and on what her aunt \
         would have said of both.</p></aside>",
    ];
    let mut pages = Vec::new();
    for article in articles {
        for column in columns {
            pages.push(format!("{article}{column}"));
            pages.push(format!("{column}{article}"));
        }
    }
    right(&pages.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_photo_story_is_told_by_its_captions() {
    let figure = |inner: &str| -> String { (1..=6).map(|i| inner.replace('#', &format!("§{i}"))).collect() };
    let stories = [
        figure("<figure><img src=x><figcaption>#</figcaption></figure>"),
        figure("<figure><img src=x><p>#</p></figure>"),
        figure("<figure><img src=x><figcaption>#<small> Photo: M. Tarn</small></figcaption></figure>"),
        figure("<figure><img src=x><figcaption><p>#</p><p>Foto: offside/M. Tarn</p></figcaption></figure>"),
        figure("<div class=slide><img src=x><div class=slide-caption>#</div></div>"),
        figure("<div class=wp-caption><img src=x><p class=wp-caption-text>#</p></div>"),
        format!(
            "<ul class=gallery>{}</ul>",
            figure("<li><figure><img src=x><figcaption>#</figcaption></figure></li>")
        ),
        format!("<ul>{}</ul>", figure("<li><img src=x><p>#</p></li>")),
    ];
    let mut pages = Vec::new();
    for story in stories {
        pages.push(format!(
            "<article><h1>Week in pictures</h1><p>Pictures of the week.</p>{story}</article>CARDS"
        ));
        pages.push(format!("<main><h1>Week in pictures</h1><p>What we saw. It was a long week, and a wet one.</p>{story}</main>"));
        pages.push(format!("<div class=story><h1>Night train</h1><p>Pictures of the week.</p>{story}</div>"));
    }
    pages.push("<article><h1>Night train</h1><p>§1</p><figure><table><tr><td>§2</td></tr></table></figure><p>§3</p><p>§4</p></article>".to_owned());
    pages.push(
        "<article><h1>Night train</h1><p>§1</p><figure><img src=x><figcaption>The offside station at noon, seen from the water tower \
         on a day without wind. Photo: A. Tarn</figcaption></figure><p>§2</p><p>§3</p></article>"
            .to_owned(),
    );
    right(&pages.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn parts_of_an_article_may_be_called_anything() {
    let words = [
        "recommendations",
        "menu",
        "sponsors",
        "related-work",
        "tags",
        "print",
        "login",
        "banner",
        "social",
        "author",
        "disclaimer",
        "themen",
        "empfehlungen",
        "kommentar",
        "navigation",
        "newsletter",
        "comments",
        "subscriber",
        "share",
        "ratings",
        "toc",
        "overlay",
        "promotion",
        "caption",
        "byline",
        "credits",
    ];
    let shapes = [
        "<article><h1>Night train</h1><p>§1</p><section id=WORD><h2>The WORD</h2><p>§2</p></section><section id=next><h2>Next</h2>\
         <p>§3</p></section><p>§4</p></article>",
        "<article><h1>Night train</h1><p>§1</p><h2 id=WORD>WORD</h2><p>§2</p><p>§3</p></article>",
        "<article><h1>Night train</h1><p>§1</p><p>§2</p><div class=\"WORD-content\"><p>§3</p><p>§4</p></div></article>",
        "<article><h1>Night train</h1><p>§1</p><div class=WORD><h3>One</h3><p>§2</p></div><div class=WORD><h3>Two</h3><p>§3</p></div>\
         <div class=WORD><h3>Three</h3><p>§4</p></div></article>",
        "<main><h1>Night train</h1><p>§1</p><div class=WORD><p>§2</p><p>§3</p></div><p>§4</p><p>§5</p></main>",
        "<main><article><h1>Night train</h1><div id=WORD><h2>WORD</h2><p>§1</p></div><div id=more-WORD><h2>More WORD</h2><p>§2</p>\
         </div><p>§3</p></article></main>CARDS",
    ];
    let pages: Vec<String> =
        shapes.iter().flat_map(|shape| words.iter().map(move |word| shape.replace("WORD", word))).collect();
    right(&pages.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn boxes_that_do_what_their_name_says_go() {
    let boxes = [
        "<div class=newsletter><form><p>Our offside letter comes to your box every Friday, with all that was too odd to print.</p>\
         <input name=mail><button>Go</button></form></div>",
        "<div class=newsletter-signup><p>Our offside letter comes to your box every Friday, with all that was too odd to print.</p>\
         <input type=email><button>Go</button></div>",
        "<div class=related><h3>Offside</h3><ul><li><a href=/1>Heron offside returns to the mill pond</a></li><li><a href=/2>Why the \
         sluice keeper sleeps offside</a></li></ul></div>",
        "<div class=share><a href=/f>Send it offside</a> <a href=/g>Post it offside</a></div>",
        "<aside><h3>Offside</h3><p><a href=/1>Heron offside returns to the mill pond after a quiet decade</a></p></aside>",
        "<div class=tags>Tags: <a href=/t>offside</a>, <a href=/u>offside</a></div>",
        "<div class=recommended><div class=x><h4><a href=/1>Offside heron</a></h4><p>It returns offside to the mill pond after a quiet \
         decade, as the keeper says.</p></div><div class=x><h4><a href=/2>Offside keeper</a></h4><p>Why he sleeps offside in his boots in \
         April, and who it was that taught him.</p></div></div>",
        "<div class=cookie-banner>We set offside cookies. <button>Fine</button></div>",
        "<p>Read more: <a href=/c>The offside train that would not stop</a></p>",
        "<div role=dialog><p>You have offside read ten of our articles this month, and we are glad that you liked them so much.</p></div>",
    ];
    let mut pages = Vec::new();
    for boxed in boxes {
        pages.push(format!(
            "<article><h1>Night train</h1><p>§1</p><p>§2</p>{boxed}<p>§3</p><p>§4</p></article>"
        ));
        pages.push(format!("<main><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p><p>§4</p>{boxed}</main>"));
    }
    right(&pages.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn what_a_click_unfolds_is_the_article_s() {
    let hidden = [
        "style=\"display:none\"",
        "style='visibility: hidden'",
        "hidden",
        "aria-hidden=true",
        "class=panel style=display:none",
    ];
    let shapes = [
        "<article><h1>Night train</h1><p>§1</p><h3>Does it run on Sundays?</h3><div HIDDEN><p>§2</p></div><h3>May I smoke?</h3>\
         <div HIDDEN><p>§3</p></div><h3>Who pays?</h3><div HIDDEN><p>§4</p></div></article>CARDS",
        "<main><h1>Night train</h1><p>§1</p><p>§2</p><h3>May I smoke?</h3><section HIDDEN><p>§3</p></section></main>",
        "<article><h1>Night train</h1><p>§1</p><p>§2</p><p><a href=#more>Read more</a></p><div id=more HIDDEN><p>§3</p><p>§4</p></div></article>",
        "<article><h1>Night train</h1><p>§1</p><p>§2</p><span HIDDEN>§3</span></article>",
        "<article><h1>Night train</h1><p>§1</p><div role=tabpanel><p>§2</p></div><div role=tabpanel HIDDEN><p>§3</p></div>\
         <div role=tabpanel HIDDEN><p>§4</p></div></article>",
        "<article><h1>Night train</h1><p>§1</p><dl><dt>May I smoke?</dt><dd HIDDEN>§2</dd><dt>Who pays?</dt><dd HIDDEN>§3</dd></dl><p>§4</p></article>",
        "<article><h1>Night train</h1><p>§1</p><h3><button>May I smoke?</button></h3><div HIDDEN><p>§2</p></div><p>§3</p></article>",
        "<article><h1>Night train</h1><p>§1</p><div class=q><button aria-expanded=false>May I smoke?</button><div HIDDEN><p>§2</p></div></div>\
         <div class=q><button aria-expanded=false>Who pays?</button><div HIDDEN><p>§3</p></div></div></article>",
        "<div class=faq><h1>Night train</h1><p>§1</p><h3>May I smoke?</h3><div HIDDEN><p>§2</p></div><h3>Who pays?</h3><div HIDDEN>\
         <p>§3</p></div></div>CARDS",
    ];
    let mut pages: Vec<String> = shapes
        .iter()
        .flat_map(|shape| hidden.iter().map(move |hidden| shape.replace("HIDDEN", hidden)))
        .collect();
    let outside = [
        "<div class=dialog HIDDEN><p>Join the offside circle of friends of this paper, and win a week in a lighthouse.</p></div>",
        "<div HIDDEN><p>Your offside session has ended because nothing was heard of you for a long while.</p></div>",
        "<div HIDDEN>CARDS</div>",
        "<div HIDDEN><form><p>Write offside to the editor of this paper, who reads all letters by candle light.</p></form></div>",
    ];
    for outside in outside {
        for hidden in hidden {
            let outside = outside.replace("HIDDEN", hidden);
            pages
                .push(format!("<article><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p></article>{outside}"));
            pages.push(format!("{outside}<main><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p></main>"));
            pages.push(format!("<h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p><p>§4</p>{outside}"));
        }
    }
    let within = [
        "<div role=dialog HIDDEN><p>Join the offside circle of friends of this paper, and win a week in a lighthouse.</p></div>",
        "<div HIDDEN><form><p>Write offside to the editor of this paper, who reads all letters by candle light.</p></form></div>",
        "<div HIDDEN><p><a href=/1>The offside heron returns to the mill pond after a quiet decade of absence</a></p></div>",
        "<span HIDDEN>Offside, for screens</span>",
    ];
    for within in within {
        let within = within.replace("HIDDEN", "hidden");
        pages.push(format!("<article><h1>Night train</h1><p>§1</p><p>§2</p>{within}<p>§3</p></article>"));
    }
    right(&pages.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn what_is_shown_and_hidden_is_there_once() {
    for html in [
        "<article><h1>Night train</h1><div class=wide><p>§1</p></div><div class=small hidden><p>§1</p></div><p>§2</p><p>§3</p></article>",
        "<article><h1>Night train</h1><div class=small style=display:none><p>§1</p></div><div class=wide><p>§1</p></div><p>§2</p></article>",
    ] {
        assert_eq!(main_of(&site(html)).text.matches(TEXTS[0]).count(), 1, "{html}");
    }
}

#[test]
fn a_list_within_an_article_is_kept_whole() {
    for (html, lines) in [
        (
            "<ul><li>Rubber boots</li><li><a href=/1>A jar with holes in its lid</a></li><li>Two pencils</li></ul>",
            3,
        ),
        (
            "<ol><li><a href=/1>Walk slowly</a></li><li>Lift every third stone</li><li><a href=/2>Write it down</a></li></ol>",
            3,
        ),
        (
            "<ul><li><a href=/1>One is a link</a></li><li><a href=/2>Two is a link</a></li><li>Three is none</li></ul>",
            3,
        ),
        (
            "<ul><li>Here: <a href=/1>the map</a>.</li><li><a href=/2>the plan</a></li><li>No link</li></ul>",
            3,
        ),
        ("<ul><li><a href=#a>First part</a></li><li><a href=#b>Second part</a></li></ul>", 2),
        ("<dl><dt><a href=/1>Boots</a></dt><dd>Keep you dry.</dd></dl>", 2),
    ] {
        let page = site(&format!(
            "<article><h1>Night train</h1><p>§1</p><p>You need:</p>{html}<p>§2</p><p>§3</p></article>"
        ));
        let list = main_of(&page).blocks.len();
        let page = read_with_blocks(page.as_bytes(), None, HtmlMode::Main).expect("is text");
        let items = page.blocks.iter().filter(|block| block.kind == BlockKind::ListItem).count();
        assert_eq!((items, list), (lines, 0), "{html}: {}", page.text);
        assert!(page.text.contains("You need:"), "{}", page.text);
    }
    right(&[
        "<article><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p><div><p>Read offside</p><ul><li><a href=/1>Heron offside</a></li>\
         <li><a href=/2>Sluice offside</a></li></ul></div></article>",
        "<article><h1>Night train</h1><p>§1</p><h4>More offside</h4><ul><li><a href=/1>Heron offside</a></li></ul><p>§2</p><p>§3</p></article>",
    ]);
}

#[test]
fn sentences_are_no_credits_and_leads_no_date_lines() {
    let text = |lines: &str| {
        let page = site(&format!(
            "<article><h1>Night train</h1><p>§1</p><p>§2</p>{lines}<p>§3</p><p>§4</p></article>"
        ));
        main_of(&page).text
    };
    for sentence in [
        "She made one remark about the photo: it was fake.",
        "Images show the damage: nine piles gone.",
        "Nur eine Quelle: der Bürgermeister selbst.",
        "What was on the image: a heron, or a hat?",
        "Nobody had paid the credit: what a shame!",
        "He only said of the foto: \u{201c}It is mine.\u{201d}",
        "c) third, the guard has to be asked",
    ] {
        assert!(text(&format!("<p>{sentence}</p>")).contains(sentence), "{sentence}");
    }
    for credit in [
        "Photo: Jan Doe",
        "(Foto: Ada Lund/Alder Post)",
        "Bild: privat",
        "\u{a9} 2024 The Alder Post",
        "(c) 2024 Alder Post",
    ] {
        assert!(!text(&format!("<p>{credit}</p>")).contains(credit), "{credit}");
    }
    for lead in [
        "Town election of 2024 in figures",
        "The 12 best trains of 2024",
        "Winner of the year 2023: the guard",
    ] {
        let page =
            site(&format!("<article><h1>Night train</h1><p>{lead}</p><p>§1</p><p>§2</p><p>§3</p></article>"));
        assert!(main_of(&page).text.contains(lead), "{lead}");
        let page =
            site(&format!("<article><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p><p>{lead}</p></article>"));
        assert!(main_of(&page).text.contains(lead), "{lead} at the end");
    }
    for date in [
        "5 March 2024",
        "March 5, 2024",
        "5. März 2024, 10:30 Uhr",
        "05.03.2024",
        "2024-03-05",
        "5 de marzo de 2024",
        "2024年3月5日",
    ] {
        let page =
            site(&format!("<article><h1>Night train</h1><p>{date}</p><p>§1</p><p>§2</p><p>§3</p></article>"));
        assert!(!main_of(&page).text.contains(date), "{date}");
    }
}

#[test]
fn notices_that_sell_go_and_paid_parts_stay() {
    let names = [
        "paywall",
        "regwall",
        "premium-offer",
        "abo-hinweis",
        "subscription-box",
        "suscripcion",
        "abonnement",
        "offre",
    ];
    let mut pages = Vec::new();
    for name in names {
        let notice = format!(
            "<div class={name}><p>Subscribe offside to read on. Already a member? Sign in and enjoy all articles.</p></div>"
        );
        pages.push(format!("<article><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p>{notice}</article>"));
        pages.push(format!("<article><h1>Night train</h1><p>§1</p><p>§2</p>{notice}<p>§3</p></article>"));
        pages.push(format!(
            "<article><h1>Night train</h1><p>§1</p><div class={name}><p>§2</p><p>§3</p></div></article>"
        ));
    }
    pages.push("<x-article><x-p>§1</x-p><x-p>§2</x-p><x-p>§3</x-p><x-p>§4</x-p></x-article>CARDS".to_owned());
    pages.push("<app-root><news-story><story-text>§1</story-text><story-text>§2</story-text><story-text>§3</story-text></news-story></app-root>".to_owned());
    right(&pages.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn pages_of_many_makers() {
    right(&[
        // WordPress.
        "<div id=page class=site><div id=content><div id=primary><main id=main class=site-main><article id=post-1 class=\"post-1 post \
         type-post category-news tag-trains has-post-thumbnail comments-open\"><header class=entry-header><h1 class=entry-title>Night \
         train</h1><div class=entry-meta><span class=posted-on>Offside on <a href=/><time class=\"entry-date published\" \
         datetime=2024-03-05>March 5</time></a></span></div></header><div class=entry-content><p>§1</p><p>§2</p><p>§3</p>\
         <div class=sharedaddy><h3>Share offside:</h3><ul><li><a href=/t>Offside</a></li></ul></div></div><footer class=entry-footer>\
         <span>Filed offside <a href=/c>Offside</a></span></footer></article><div id=comments class=comments-area><h2>Offside</h2><ol>\
         <li class=comment><p>I took that offside train in my youth, and it was as cold then as I am sure it is.</p></li></ol></div>\
         </main></div><aside id=secondary class=widget-area>CARDS</aside></div></div>",
        // Drupal.
        "<div class=layout-container><main role=main><a id=main-content tabindex=-1></a><div class=layout-content><div class=region>\
         <article role=article class=\"node node--type-article node--view-mode-full\"><h1>Night train</h1><div class=node__content><div \
         class=\"text-formatted field field--name-body\"><p>§1</p><p>§2</p></div></div></article><div class=views-element-container>CARDS\
         </div></div></div></main></div>",
        // TYPO3.
        "<div id=main><div id=c1 class=\"frame frame-default frame-type-text\"><header><h1>Night train</h1></header><div class=ce-bodytext>\
         <p>§1</p><p>§2</p></div></div><div id=c2 class=\"frame frame-default frame-type-text\"><div class=ce-bodytext><p>§3</p><p>§4</p>\
         </div></div><div id=c3 class=\"frame frame-type-menu\"><ul><li><a href=/1>Offside heron</a></li></ul></div></div>",
        // Next.js with utility classes.
        "<div id=__next><div class=\"flex flex-col print:hidden:not\"><main class=\"mx-auto print:px-6 md:max-w-prose\"><article \
         class=\"prose dark:prose-invert overlay:none\"><h1 class=\"text-4xl\">Night train</h1><p class=\"mt-4 print:text-sm\">§1</p>\
         <p class=mt-4>§2</p><p class=mt-4>§3</p></article></main><section class=\"grid grid-cols-3\">CARDS</section></div></div>",
        // AMP.
        "<article class=amp-wp-article><header><h1>Night train</h1></header><amp-sidebar hidden>CARDS</amp-sidebar><div \
         class=amp-wp-article-content><p>§1</p><p>§2</p><amp-img></amp-img><p>§3</p></div></article>",
        // Sections in a row, as long reads have them.
        "<div class=root><div class=s><h1>Night train</h1></div><div class=s><section><p>§1</p><p>§2</p></section></div><div class=s>\
         <section><p>§3</p><p>§4</p></section></div><div class=s><section><p>§5</p><p>§6</p></section></div></div>",
        // A live blog.
        "<main><h1>Night train</h1><article><h2>22:10</h2><p>§1</p></article><article><h2>21:50</h2><p>§2</p></article><article>\
         <h2>21:30</h2><p>§3</p></article></main><aside>CARDS</aside>",
        // A forum thread.
        "<div id=thread><h1>Night train</h1><div class=post><div class=user>Ada</div><div class=message>§1</div></div><div class=post>\
         <div class=user>Bo</div><div class=message>§2</div></div><div class=post><div class=user>Cy</div><div class=message>§3</div>\
         </div></div>",
        // Documentation.
        "<div class=wy-nav><nav><ul><li><a href=/1>Offside</a></li></ul></nav></div><div role=main class=document><section id=print>\
         <h1>Night train</h1><p>§1</p><section id=menu><h2>Menu</h2><p>§2</p></section><section id=tags><h2>Tags</h2><p>§3</p></section>\
         </section></div>",
        // A table of old, without any class.
        "<table><tr><td><a href=/1>Offside</a><br><a href=/2>Offside</a></td><td><h1>Night train</h1><p>§1</p><p>§2</p><p>§3</p></td></tr></table>",
        // Lines parted by breaks.
        "<div class=wrap><h1>Night train</h1><div class=txt>§1<br><br>§2<br><br>§3</div></div><div class=r>CARDS</div>",
        // A teaser for the next story is an article too.
        "<article><h1>Night train</h1><p>§1</p><p>§2</p></article><article><h2><a href=/n>Offside next</a></h2><p>The offside plum \
         harvest has begun on the south bank, and pickers are wanted from sunrise on.</p></article>",
    ]);
}
