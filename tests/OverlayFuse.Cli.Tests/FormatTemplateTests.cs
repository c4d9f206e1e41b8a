using System.Text.Json.Nodes;
using NUnit.Framework;
using OverlayFuse.Image;

namespace OverlayFuse.Cli.Tests;

public sealed class FormatTemplateTests
{
    private static readonly JsonNode Value = JsonNode.Parse("""{"Name":"/c1","Ports":[],"List":["a","b"],"Data":{"MergedDir":"/m","N":3},"On":true,"Labels":{"x.y":"z"},"Nothing":null,"Bound":{"80/tcp":[{"HostPort":"8080"}]}}""")!;

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
    public void Templates_are_written_as_docker_writes_them(string template, string expected) =>
        Assert.That(FormatTemplate.Parse(template).Render(Value), Is.EqualTo(expected));

    [TestCase("{{ .Nme }}", "map has no entry for key \"Nme\"")]
    [TestCase("{{ nosuch .Name }}", "not defined")]
    [TestCase("{{ .Name", "not closed")]
    [TestCase("{{if .On}}x", "has no end")]
    [TestCase("x{{end}}", "stands alone")]
    public void A_broken_template_is_a_sentence(string template, string words) =>
        Assert.That(() => FormatTemplate.Parse(template).Render(Value), Throws.TypeOf<RefusedException>().With.Message.Contains(words));
}
