use super::*;

/// Rows of a source, of which those that ran begin with a star.
fn rows(source: &str) -> Vec<LineSnapshot> {
    let row = |(line, source): (u32, &str)| LineSnapshot {
        line,
        source: source.trim_start_matches('*').to_owned(),
        occurrences: source.starts_with('*').then_some(1),
        ..LineSnapshot::default()
    };
    (1..).zip(source.lines()).map(row).collect()
}

/// The first statement of a source, and the lengths of all.
fn found(source: &str) -> (String, Vec<usize>) {
    let lines = rows(source);
    let lengths = statement_lengths(&lines);
    let lengths = lines.iter().zip(lengths).filter(|(line, _)| line.ran()).map(|it| it.1).collect();
    (statement(&lines, 80), lengths)
}

fn assert_found(source: &str, text: &str, lengths: &[usize]) {
    assert_eq!(found(source), (text.to_owned(), lengths.to_vec()), "{source}");
}

#[test]
fn a_statement_on_several_lines_is_joined() {
    let source = "*    let result =
        // why
        /* and
           why; not */
        all.iter()
            .map(
                |it| it.len(), // bytes
            )
            .collect::<Vec<_>>();
    never(result);";
    let whole = "let result = all.iter().map(|it| it.len()).collect::<Vec<_>>();";
    assert_found(source, whole, &[9]);
    assert_eq!(statement(&rows(source), 20), "let result = all.it…");
}

#[test]
fn a_statement_goes_on_while_a_bracket_is_open() {
    let source = "*let node = arena.alloc(Node {\n  weight,\n  tail: None,\n});\n*next();";
    assert_found(source, "let node = arena.alloc(Node { weight, tail: None });", &[4, 1]);
    assert_found("*H9 {\n  buckets: vec![0; 9],\n}\n}", "H9 { buckets: vec![0; 9] }", &[3]);
    let source = "*select! {\n  recv(r) -> name => {}\n}";
    assert_found(source, "select! { recv(r) -> name => {} }", &[3]);
    assert_found("*json!({\n  \"id\": id,\n})\n}", "json!({ \"id\": id })", &[3]);
    let source = "*let all = [\n  1, // one\n\n  2,\n];";
    assert_found(source, "let all = [1, 2];", &[5]);
}

#[test]
fn a_statement_goes_on_until_it_ends() {
    assert_found("*let x =\n    compute(1);\nunused();", "let x = compute(1);", &[2]);
    assert_found("*text\n    .lines()\n    .collect()\n}", "text.lines().collect()", &[3]);
    assert_found("*words.len()\n\n// The end.\n}", "words.len()", &[1]);
    assert_found("*a", "a", &[1]);
}

#[test]
fn brackets_in_texts_and_comments_do_not_count() {
    assert_found("*let x = \"one {\ntwo\";\nnever();", "let x = \"one { two\";", &[2]);
    assert_found("*let x = \"\\\\\"; // (\nnever();", "let x = \"\\\\\";", &[1]);
    assert_found("*let x = br##\"\"# {\n\"##;\nnever();", "let x = br##\"\"# { \"##;", &[2]);
    assert_found("*put('(', '\\'', '\\u{7b}');\nnever();", "put('(', '\\'', '\\u{7b}');", &[1]);
    assert_found("*let x: &'a [u8] =\n  r#type;\nnever();", "let x: &'a [u8] = r#type;", &[2]);
    assert_found("*f(/* ( /* */ ( */ 1);\nnever();", "f( 1);", &[1]);
}

#[test]
fn a_block_ends_the_line_that_has_the_figures() {
    assert_found("*if error {\n  return Err(1);\n}", "if error {", &[1]);
    assert_found("*for x in ITEMS {\n  never(x);\n}", "for x in ITEMS {", &[1]);
    assert_found("*let f = run(|x| {\n  never(x);\n});", "let f = run(|x| {", &[1]);
    let source = "*#[mem_profile]\nfn f(\n  a: u8,\n) -> Node {\nnever();\n}";
    assert_found(source, "#[mem_profile] fn f(a: u8) -> Node {", &[4]);
}

#[test]
fn a_statement_never_has_a_row_of_another() {
    assert_found("*call(\n*  first,\n  second,\n);", "call(", &[1, 1]);
    let arguments = "  1,\n".repeat(99);
    assert_eq!(found(&format!("*call(\n{arguments}")).1, [LONGEST]);
    assert_found("*}", "}", &[1]);
    assert_found("*\"open\n", "\"open", &[1]);
    assert_found("*'", "'", &[1]);
    assert_found("", "", &[]);
}
