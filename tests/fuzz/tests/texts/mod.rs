//! Seeds of the targets that read text.

/// Expressions of every kind.
pub(crate) const EXPRESSIONS: &[&str] = &[
    "case when a > 0 then 'plus' when a < 0 then 'minus' end",
    "coalesce(a, b, 9)",
    "ifnull(b, 0)",
    "if(p, a, b)",
    "least(s, t)",
    "s = '12' and cast(s as integer) = 12",
    "if(length(s) = 2, s::integer, null)",
    "sign(x)",
    "round(-2.5)",
    "floor(x)",
    "sqrt(x)",
    "ln(1)",
    "exp(0)",
    "pow(-8, 0.5)",
    "is_nan(x)",
    "trim('  a b ')",
    "length(s)",
    "substr(s, -3)",
    "right(s, 2)",
    "replace(s, 'e', '3')",
    "contains(s, 'ü')",
    "split_part('a-b-c', '-', -1)",
    "regexp_extract(s, '([A-Z])[a-z]+$')",
    "regexp_replace(s, '(\\w+) (\\w+)', '$2 $1')",
    "month(d)",
    "day_of_year(d)",
    "minute(m)",
    "day(z)",
    "date_trunc('week', d)",
    "date_trunc('quarter', m)",
    "date_diff('hour', m, m)",
    "date_add('day', -1, d)",
    "d + 1",
    "d between '2024-01-01' and '2024-12-31'",
    "to_date('31.01.2024', '%d.%m.%Y')",
    "to_timestamp('31.01.2024 23:59', '%d.%m.%Y %H:%M')",
    "strftime(d, '%Y-%m')",
    "a - b",
    "a // b",
    "1 + 2 * 3",
    "7 // -2",
    "-9223372036854775808",
    "a + x",
    "y - 1",
    "-x",
    "0 / 0",
    "a < b",
    "x = x",
    "p = true",
    "nothing = 1",
    "p and false",
    "not p",
    "p is null",
    "p is not false",
    "a between 0 and 5",
    "a not in (1, 0)",
    "s like '%e%'",
    "s ilike 'ADA%'",
    "s || '!'",
    "'it''s'",
    "x::text",
    "cast('12' as integer)",
    "cast(2.5 as int)",
    "m::date",
    "m::timestamptz",
    "cast('2024-02-29T12:30:00.25+02:00' as timestamp)",
    "date '2024-01-31' + 1",
    "a = 1 or a = 0 and b = 0",
    "a + b between 1 and 3 or p",
    "1 - 1 - 1",
];

/// CSV: a byte of options, then the file. `0` and `@` are among those that say nothing special.
pub(crate) const CSV: &[&str] = &[
    "@a,b,c,d\n1,2.50,2024-01-31T12:00:00Z,x\n-7,,,\"y, \"\"z\"\"\"\n",
    "\0id,name\r\n007,Ada\r\n+49,\"a\nb\"\r\n",
    "$a,b,c,d\n1,2.50,2024-01-31 12:00:00,x\n",
    "\x40a;b\n'x;y';NA\n-;2\n",
    "\0n,t,d,p\n1e5,2024-02-29,true,\n.5,1999-12-31,false,inf\n9223372036854775808,,,NaN\n",
    "\0\u{feff}a\ta\n1\t2\n",
];

/// JSON lines: a byte of options, then the file.
pub(crate) const JSON: &[&str] = &[
    "\0{\"a\": 1, \"b\": \"x\", \"c\": null}\n{\"a\": -2.5, \"d\": {\"e\": [1, 2], \"f\": true}}\n",
    "@{\"a\": 9223372036854775808, \"b\": [[{\"c\": \"\\u00e9\\ud83c\\udf89\"}]]}\n\n{}\n",
    "$ {\"a\": 1, \"b\": 2.50, \"c\": \"2024-01-31T12:00:00Z\", \"d\": \"x\"}\n",
    "\0{\"a\": {\"b\": {\"c\": {\"d\": 1e400}}}, \"a\": 2}\n",
];

/// Cases whose tables have types of every kind.
pub(crate) const CASES: &[&str] = &[
    "tolerance = 1e-9\n--- parameters\ncolumns = [\"a\"]\nat = 2024-01-31\n--- input\na: list<int64> | b: struct<a: int64, b: utf8> not null\n[1, null] | {\"a\": 1, \"b\": \"x\"}\nnull | {\"a\": null, \"b\": null}\n--- output\na: int64\n1\n",
    "--- input\na: map<utf8, int64> | b: dense_union<0 = a: int64, 5 = b: utf8> | c: dictionary<int8, utf8>\n[[\"key\", 1]] | [5, \"x\"] | y\n--- rejected\ncode | reason | a: int64\nbad | no | 1\n--- output\n(3 rows without columns)\n",
    "--- input left\na: decimal128(10, 2) | b: binary | c: date32 | d: time64(us) | e: timestamp(ms, +02:00) | f: interval(month_day_nano) | g: duration(s)\n12.50 | 0x00ff | 2026-01-31 | 23:59:59.5 | 2026-01-31T23:59:59+02:00 | {\"months\": 1, \"days\": 2, \"nanoseconds\": 3} | 7\n--- input right\nx: run_end_encoded<int16, utf8> | y: fixed_size_list<float16, 2> | z: fixed_size_binary(2)\n\"a | b\" | [0.5, NaN] | 0x0001\n--- error\nbad: no such thing\n",
];

/// Pipelines, and arguments after separators.
pub(crate) const PIPELINES: &[&str] = &[
    "pipeline.name = \"copy\"\n[sources.a]\npath = \"a.csv\"\n[sinks.b]\ninput = \"a\"\npath = \"b.csv\"\n",
    "# A comment.\n[pipeline]\nname = \"x\"\ndescription = \"d\"\nbatch_rows = 100\n[parameters]\nyear = { type = \"integer\", default = 2024 }\nname = { type = \"string\" }\n[sources.a]\npath = \"data/${param:year}/*.csv\"\ntypes = { a = \"int64\" }\n[sources.a.csv]\ndelimiter = \";\"\n[models]\nm = \"m.onnx\"\n[steps.clean]\nuses = \"std/impute@0.1\"\ninput = \"a\"\nwith = { columns = [\"a\"], strategy = \"mean\", fill = 1.5, rule = { kind = \"a\", of = \"mode\" } }\nallow = { columns = [\"a\"], models = [\"m\"] }\nlimits = { memory = \"256 MiB\", time = \"5 s\" }\n[steps.parts]\nuses = \"std/split\"\ninput = \"clean\"\n[sinks.train]\ninput = \"parts.train\"\npath = \"train.csv\"\n[sinks.test]\ninput = \"parts.test\"\npath = \"test.csv\"\ncompression = \"none\"\n\u{1e}pclean.strategy=mode\u{1e}pname=x\u{1e}ssources.a.path='b.csv'\u{1e}spipeline.batch_rows=7",
    "[pipeline]\nname = 'join'\n[sources]\na.path = ['a.csv', \"b.csv\"]\nb = { path = \"${env:HOME}/b\" }\n[steps.j]\npath = \"join.wasm\"\ninput = 'a'\n[steps.k]\nuses = \"std/join\"\ninput = { left = \"j\", right = [\"b\", \"a\"] }\n[sinks]\nc = { input = \"k\", path = 'c.csv', format = \"csv\" }\n",
    "[steps.a]\nuses = \"std/impute\"\ninput = \"b\"\n[steps.b]\nuses = \"std/imput\"\ninput = \"a\"\nwth = 1\n[sinks.c]\ninput = \"steps.b\"\npath = 3\n\u{1e}pa\u{1e}sa.b=[",
];
