using System.Text.Json.Nodes;
using NUnit.Framework;
using OverlayFuse.Image;

namespace OverlayFuse.Cli.Tests;

public sealed class FormatTemplateTests
{
    private static readonly JsonNode Value = JsonNode.Parse("""{"Name":"/c1","Ports":[],"List":["a","b"],"Data":{"MergedDir":"/m","N":3},"On":true,"Labels":{"x.y":"z"},"Nothing":null,"Bound":{"80/tcp":[{"HostPort":"8080"}],"9/udp":null}}""")!;

    [TestCase("{{ .Name }}", "/c1")]
    [TestCase("{{.Data.MergedDir}}:{{ .Data.N }}", "/m:3")]
    [TestCase("{{ json .List }}", "[\"a\",\"b\"]")]
    [TestCase("{{ .List | json }}", "[\"a\",\"b\"]")]
    [TestCase("{{ json .Nothing }} {{.List}} {{.Labels}}", "null [a b] map[x.y:z]")]
    [TestCase("{{ index .Labels \"x.y\" }}{{ index .List 1 }}", "zb")]
    [TestCase("{{ len .List }} {{ join .List \",\" }} {{ upper .Name }}", "2 a,b /C1")]
    [TestCase("{{range .List}}<{{.}}>{{end}}", "<a><b>")]
    [TestCase("{{if .Ports}}yes{{else}}no{{end}} {{if .On}}on{{end}}", "no on")]
    [TestCase("{{if eq .Name \"/c1\"}}same{{end}} {{ len (index .List 0) }}", "same 1")]
    [TestCase("{{(index (index .Bound \"80/tcp\") 0).HostPort}}", "8080")]
    [TestCase("{{ json (index .Bound \"80/tcp\") | len }} {{ (index .List 1) | upper }}", "21 B")]
    [TestCase("a\\tb", "a\tb")]
    [TestCase("{{range $i, $v := .List}}{{$i}}={{$v}} {{end}}", "0=a 1=b ")]
    [TestCase("{{range $k, $v := .Bound}}{{$k}}{{range $v}}:{{.HostPort}} of {{$.Name}}{{end}} {{end}}", "80/tcp:8080 of /c1 9/udp ")]
    [TestCase("{{range $v := .List}}{{$v}}{{.}}{{else}}none{{end}}{{range .Ports}}{{.}}{{else}}none{{end}}", "aabbnone")]
    [TestCase("{{with .Data}}{{.N}}{{end}}{{with .Nothing}}x{{else}}{{.Name}}{{end}}{{with $d := .Data}}{{$d.MergedDir}}{{end}}", "3/c1/m")]
    [TestCase("{{if .Nothing}}1{{else if .Ports}}2{{else if .On}}3{{else}}4{{end}}5", "35")]
    [TestCase("{{$n := 1}}{{range .List}}{{$n = .}}{{end}}{{$n}}", "b", Description = "a variable outside a block keeps what it gets inside")]
    [TestCase("{{$n := 1}}{{if .On}}{{$n := 2}}{{$n}}{{end}}{{$n}}", "21", Description = "one made inside ends there")]
    [TestCase("{{printf \"%s is %d, %5s|%-5s|%05d|%.2s|%q|%x|%v|%t 100%%\" .Name .Data.N \"r\" \"l\" 42 \"cut\" .Name 255 .List .On}}", "/c1 is 3,     r|l    |00042|cu|\"/c1\"|ff|[a b]|true 100%")]
    [TestCase("{{printf \"%s %s\" .Name}} {{printf \"%d\" .Name}}", "/c1 %!s(MISSING) %!d(string=/c1)", Description = "as Go says it")]
    [TestCase("{{if gt .Data.N 2}}a{{end}}{{if lt .Data.N 10}}b{{end}}{{if ge .Data.N 4}}c{{end}}{{if le \"a\" \"b\"}}d{{end}}", "abd")]
    [TestCase("{{if eq .Data.N 1 2 3}}a{{end}}{{if ne .Name \"x\"}}b{{end}}{{if and .On .Nothing .Nothing.X}}c{{end}}{{if or .On .Nothing.X}}d{{end}}{{if not .Ports}}e{{end}}", "abde")]
    [TestCase("{{slice .Name 1}} {{slice .Name 0 2}} {{slice .List 1}} {{index (split .Name \"/\") 1}} {{join (split \"a:b\" \":\") \", \"}}", "c1 /c [b] c1 a, b")]
    [TestCase("{{title \"hello you\"}} {{truncate .Name 2}} [{{pad .Name 1 2}}]", "Hello You /c [ /c1  ]")]
    [TestCase("{{/* said to nobody: }} \" */}}a {{- /* nor this */ -}} b", "ab")]
    [TestCase("a  {{- .Data.N -}}  \n b {{ .Data.N -}} c", "a3b 3c")]
    [TestCase("{{\"a\\\"}}\\n\"}}{{`}}`}}{{print \"(\" 1 \")\"}}", "a\"}}\n}}(1)")]
    [TestCase("{{index .Labels \"nosuch\"}}|{{len (index .Labels \"x.y\")}}", "|1", Description = "a key that a map lacks has the value of nothing")]
    [TestCase("{{(index .List 1) | printf \"%s-%s\" \"x\"}}{{.Name | slice | len}}", "x-b3")]
    [TestCase("{{define \"x\"}}<{{.}}{{$}}>{{end}}{{template \"x\" .Name}}{{template \"x\"}}{{template \"y\" 1}}{{define \"y\"}}late{{end}}", "</c1/c1><<no value><no value>>late")]
    [TestCase("{{block \"b\" .Data}}{{.N}}{{end}}{{template \"b\" .Data}}", "33")]
    [TestCase("{{define \"each\"}}{{range .}}{{template \"one\" .}}{{end}}{{end}}{{define \"one\"}}[{{.}}]{{end}}{{template \"each\" .List}}", "[a][b]")]
    [TestCase("{{range .List}}{{if eq . \"a\"}}{{continue}}{{end}}{{.}}{{end}} {{range $i, $v := .List}}{{with $v}}{{if $i}}{{break}}{{end}}{{end}}{{$v}}{{end}}", "b a")]
    [TestCase("{{print 1 2}} {{print \"a\" \"b\" 1 2 \"c\"}} {{print .Name .Name}} {{println 1 .On}}", "1 2 ab1 2c /c1/c1 1 true\n", Description = "a blank between two of which neither is text")]
    [TestCase("{{html \"<a b=\\\"c\\\">&'\"}} {{js \"it's <b>=&\"}} {{urlquery \"a b&c/d~é\"}} {{html 1 2}}", "&lt;a b=&#34;c&#34;&gt;&amp;&#39; it\\'s \\u003Cb\\u003E\\u003D\\u0026 a+b%26c%2Fd~%C3%A9 1 2")]
    [TestCase("{{printf \"%s %s %d\" 3 true 1 2}} {{printf \"%X|%o|%b|%c|%U|%q|%5.1f|%e|%g|%T|%v\" 255 8 5 65 65 65 1.25 1.5 1.5 \"a\" nil}}",
        "%!s(int=3) %!s(bool=true) 1%!(EXTRA int=2) FF|10|101|A|U+0041|'A'|  1.2|1.500000e+00|1.5|string|<nil>")]
    [TestCase("{{printf \"%-6d|%06d|%+.2f|%+d|% d|%*d|%q|%d\" -3 -3 1.5 3 4 5 3 .List .List}}", "-3    |-00003|+1.50|+3| 4|    3|[\"a\" \"b\"]|[%!d(string=a) %!d(string=b)]")]
    [TestCase("{{len \"é\"}} {{slice \"héllo\" 1 3}} {{slice .List 0 1 1}} {{index .List 0 0}}", "2 é [a] 97", Description = "of a text, bytes count")]
    [TestCase("{{0x1F}} {{1_000}} {{'a'}} {{1.50}} {{1e3}} {{-3}}", "31 1000 97 1.5 1000 -3")]
    [TestCase("{{\"\\x41\\u00e9\\101\\U0001F600\"}}", "AéA\U0001F600")]
    [TestCase("{{template \"x\" .}}{{define \"x\"}}{{range $i, $v := .List}}{{$i}}{{$v}}{{end}}{{end}}", "0a1b")]
    public void Templates_are_written_as_docker_writes_them(string template, string expected) =>
        Assert.That(FormatTemplate.Parse(template).Render(Value), Is.EqualTo(expected));

    [TestCase("{{ .Nme }}", "map has no entry for key \"Nme\"")]
    [TestCase("{{ .Driver }}", "map has no entry for key \"Driver\"")]
    [TestCase("{{ nosuch .Name }}", "not defined")]
    [TestCase("{{1e999}}", "not defined")]
    [TestCase("{{\"\\u00e\"}}", "is not a valid string")]
    [TestCase("{{len nil}}", "has no length")]
    [TestCase("{{len 3}}", "has no length")]
    [TestCase("{{$x := printf \"%1000000d\" 1}}{{range $i := slice (split (printf \"%100d\" 1) \" \") 0 40}}{{$x}}{{end}}", "letters to print")]
    [TestCase("{{$x := \"12345678\"}}{{range slice (split (printf \"%100d\" 1) \" \") 0 40}}{{$x = print $x $x}}{{end}}", "a text of more than")]
    [TestCase("{{ .Name", "not closed")]
    [TestCase("{{if .On}}x", "has no end")]
    [TestCase("x{{end}}", "stands alone")]
    [TestCase("{{if .On}}{{else}}x", "has no end")]
    [TestCase("{{$x}}", "undefined variable \"$x\"")]
    [TestCase("{{range $a, $b, $c := .List}}{{end}}", "too many variables")]
    [TestCase("{{x := 1}}", "\"x\" is not a variable")]
    [TestCase("{{lt .Name 1}}", "incompatible types for comparison")]
    [TestCase("{{slice .Name 2 9}}", "index out of range: 9")]
    [TestCase("{{index .List 2}}", "index out of range: 2")]
    [TestCase("{{\"x}}", "a quote is not closed")]
    [TestCase("{{(.Name}}", "a parenthesis is not closed")]
    [TestCase("{{.Name)}}", "a parenthesis was not opened")]
    [TestCase("{{}}", "an expression is empty")]
    [TestCase("{{/* x }}", "not closed")]
    [TestCase("{{break}}", "{{break}} outside {{range}}")]
    [TestCase("{{range .List}}{{define \"x\"}}{{end}}{{end}}", "unexpected <define>")]
    [TestCase("{{range .List}}{{block \"x\" .}}{{continue}}{{end}}{{end}}", "{{continue}} outside {{range}}")]
    [TestCase("{{define \"x\"}}", "has no end")]
    [TestCase("{{define x}}{{end}}", "not the name of a template")]
    [TestCase("{{template \"nosuch\"}}", "template \"nosuch\" not defined")]
    [TestCase("{{block \"b\"}}{{end}}", "missing value for block clause")]
    [TestCase("{{define \"x\"}}{{template \"x\"}}{{end}}{{template \"x\"}}", "exceeded maximum template depth")]
    [TestCase("{{eq 1 \"1\"}}", "incompatible types for comparison")]
    [TestCase("{{if .On}}{{else}}{{print (nosuch 1)}}{{end}}", "function \"nosuch\" not defined")]
    [TestCase("{{if .On}}{{$x := 1}}{{end}}{{$x}}", "undefined variable \"$x\"")]
    [TestCase("{{$x := 1}}{{block \"b\" 1}}{{$x}}{{end}}", "undefined variable \"$x\"")]
    [TestCase("{{range 3}}x{{end}}", "range can't iterate over 3")]
    [TestCase("{{nil}}", "nil is not a command")]
    [TestCase("{{ne 1 2 3}}", "wrong number of args for ne")]
    public void A_broken_template_is_a_sentence(string template, string words) =>
        Assert.That(() => FormatTemplate.Parse(template).Render(Value), Throws.TypeOf<RefusedException>().With.Message.Contains(words));

    [Test]
    public void A_list_or_map_that_nobody_made_is_null_in_JSON_and_empty_in_a_template()
    {
        var value = new JsonObject { ["Binds"] = Nil.List.ToNode(), ["Labels"] = Nil.Map.ToNode() };
        Assert.That(FormatTemplate.Parse("{{.Binds}} {{.Labels}} {{json .Binds}} {{json .}} {{len .Labels}}{{range .Binds}}x{{end}}{{if .Labels}}x{{end}}{{index .Labels \"x\"}} {{.Labels.x}}").Render(value),
            Is.EqualTo("[] map[] null {\"Binds\":null,\"Labels\":null} 0 <no value>"));
        Assert.That(JsonText.Pretty(value), Is.EqualTo("{\n    \"Binds\": null,\n    \"Labels\": null\n}\n"));
    }

    [Test]
    public void A_row_has_its_labels_by_name()
    {
        var row = new JsonObject { ["Labels"] = "a=b,long.name=c=d" };
        Assert.That(FormatTemplate.Parse("{{.Label \"a\"}} {{.Label \"long.name\" | upper}} {{.Label \"nosuch\"}}").Render(row), Is.EqualTo("b C=D "));
    }

    [TestCase("table {{.ID}}\\t{{.LocalVolumes}}", "CONTAINER ID   LOCAL VOLUMES\n123456789012   2\n1              0\n")]
    [TestCase("table {{.LocalVolumes}} of\t{{upper .ID}}", "LOCAL VOLUMES of   CONTAINER ID\n2 of               123456789012\n0 of               1\n")]
    [TestCase("table", "CONTAINER ID\n123456789012\n1\n")]
    [TestCase("{{.ID}}", "123456789012\n1\n")]
    [TestCase("json", "{\"ID\":\"123456789012\",\"LocalVolumes\":\"2\"}\n{\"ID\":\"1\",\"LocalVolumes\":\"0\"}\n")]
    public void A_list_is_written_as_the_format_says(string format, string expected)
    {
        JsonObject[] rows = [new() { ["ID"] = "123456789012", ["LocalVolumes"] = "2" }, new() { ["ID"] = "1", ["LocalVolumes"] = "0" }];
        Assert.That(RowFormat.Write(rows, format, ("CONTAINER ID", "ID")), Is.EqualTo(expected));
    }

    [Test]
    public void A_table_without_rows_has_its_headings() => Assert.That(RowFormat.Write([], "table {{.ID}}\\t{{.CreatedAt}}", ("IMAGE ID", "ID")), Is.EqualTo("IMAGE ID   CREATED AT\n"));

    [TestCase("{{json .State.Health}}|{{.State.Health}}|{{if .State.Health}}x{{end}}", "null|<nil>|")]
    [TestCase("{{json .HostConfig.Mounts}}|{{.HostConfig.Mounts}}|{{len .HostConfig.Tmpfs}}", "null|[]|0")]
    [TestCase("{{range .Mounts}}{{.Type}} {{.Name}}|{{.Driver}}|{{json .}}{{end}}", "bind ||{\"Type\":\"bind\",\"Propagation\":\"rprivate\"}")]
    [TestCase("{{.Config.MacAddress}}|{{.Config.NetworkDisabled}}", "|false")]
    [TestCase("{{.Config.Labels.a}} {{.Config.Labels.nosuch}} {{with .Config.Labels}}{{.b}}{{end}}{{if .Config.Labels.c}}x{{end}}", "1 <no value> <no value>", Description = "a map has any key")]
    public void What_docker_leaves_out_is_nothing_and_no_mistake(string template, string expected) =>
        Assert.That(FormatTemplate.Parse(template).Render(JsonNode.Parse("""{"State":{},"HostConfig":{},"Mounts":[{"Type":"bind","Propagation":"rprivate"}],"Config":{"Labels":{"a":"1"}}}""")), Is.EqualTo(expected));

    [TestCase("{{.Mounts}}", "[{bind  /s /d   true rprivate} {volume v /s /d local z true }]")]
    [TestCase("{{index .Mounts 0}}|{{range .Mounts}}{{.}}{{end}}", "{bind  /s /d   true rprivate}|{bind  /s /d   true rprivate}{volume v /s /d local z true }")]
    [TestCase("{{printf \"%+v\" (index .Mounts 0)}}", "{Type:bind Name: Source:/s Destination:/d Driver: Mode: RW:true Propagation:rprivate}")]
    [TestCase("{{.State}}|{{println .State}}", "{running true false 7 <nil>}|&{running true false 7 <nil>}\n", Description = "what is printed alone is seen behind its pointer, what a function prints shows that there is one")]
    [TestCase("{{.Networks}}|{{.Networks.none}}", "map[none:&{<nil> [] map[]}]|{<nil> [] map[]}")]
    [TestCase("{{.Ports}}|{{.ExposedPorts}}", "map[80/tcp:[{0.0.0.0 8080} { 81}] 9/udp:[]]|map[80/tcp:{}]")]
    [TestCase("{{.HostConfig.LogConfig}} {{.HostConfig.RestartPolicy}} {{.HostConfig.Ulimits}} {{.HostConfig.NanoCPUs}}{{.HostConfig.NanoCpus}}", "{json-file map[max-size:1m]} {no 0} [nofile=1:2] 55")]
    [TestCase("{{.HostConfig.Mounts}}", "[{bind /s /d true  &{rslave} <nil> <nil>} {volume  /v false  <nil> &{true map[a:b]} <nil>}]")]
    [TestCase("{{.Metadata}} {{.Metadata.LastTagTime}} {{json .Metadata}}", "{2026-11-26 19:51:11.58 +0000 UTC} 2026-11-26 19:51:11.58 +0000 UTC {\"LastTagTime\":\"2026-11-26T19:51:11.58Z\"}")]
    public void A_struct_is_printed_as_Go_prints_it(string template, string expected)
    {
        var value = JsonNode.Parse("""
            {"Mounts":[{"Type":"bind","Source":"/s","Destination":"/d","Mode":"","RW":true,"Propagation":"rprivate"},
               {"Type":"volume","Name":"v","Source":"/s","Destination":"/d","Driver":"local","Mode":"z","RW":true,"Propagation":""}],
             "State":{"Status":"running","Running":true,"Paused":false,"Pid":7},
             "Networks":{"none":{"IPAMConfig":null,"Links":[],"DriverOpts":{}}},
             "Ports":{"9/udp":[],"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"","HostPort":"81"}]},"ExposedPorts":{"80/tcp":{}},
             "HostConfig":{"LogConfig":{"Type":"json-file","Config":{"max-size":"1m"}},"RestartPolicy":{"Name":"no","MaximumRetryCount":0},"Ulimits":[{"Name":"nofile","Hard":2,"Soft":1}],"NanoCpus":5,
               "Mounts":[{"Type":"bind","Source":"/s","Target":"/d","ReadOnly":true,"BindOptions":{"Propagation":"rslave"}},{"Type":"volume","Target":"/v","VolumeOptions":{"NoCopy":true,"Labels":{"a":"b"}}}]},
             "Metadata":{"LastTagTime":"2026-11-26T19:51:11.58Z"}}
            """)!;
        value["State"]!["Health"] = Nil.Pointer.ToNode();
        Assert.That(FormatTemplate.Parse(template).Render(value), Is.EqualTo(expected));
    }

    [TestCase("{{")]
    [TestCase("{{if .A}}")]
    [TestCase("{{if false}}{{nosuch}}{{end}}")]
    [TestCase("{{$x}}")]
    public void A_template_that_cannot_be_read_has_the_code_that_was_asked_for(string template) =>
        Assert.That(() => FormatTemplate.Parse(template, FormatTemplate.Unreadable), Throws.TypeOf<RefusedException>().With.Property("ExitCode").EqualTo(64));
}
