using System.Globalization;
using System.Text;

namespace OverlayFuse.SideBySide;

/// <summary>Times against size, layers or threads, as SVG: a panel for each kind of work, a line for each engine, both axes logarithmic.</summary>
internal sealed class Chart(string title, string acrossTitle, Func<double, string> across, IReadOnlyList<string> engines, IReadOnlyList<ResultRow> rows)
{
    private const int Columns = 3;
    private const int PanelWidth = 320;
    private const int PanelHeight = 230;
    private const int Left = 52;
    private const int Right = 26;
    private const int Top = 28;
    private const int Bottom = 34;
    private const int Head = 58;

    // Of middle brightness, so that they show on white and on black.
    private static readonly string[] Colours = ["#8c8c8c", "#2f81f7", "#2da44e", "#e5742b", "#a475f9", "#d4a72c", "#e5534b"];

    public string Write()
    {
        var panels = rows.GroupBy(row => row.Row.Point!.Panel).ToArray();
        var columns = Math.Min(Columns, panels.Length);
        var (width, height) = (Math.Max(columns * PanelWidth, 2 * PanelWidth), Head + (panels.Length + columns - 1) / columns * PanelHeight);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{Escape(title)}\">\n");
        text.Append("<style>text{font:11px sans-serif;fill:#24292f}.t{font-size:14px;font-weight:600}.p{font-weight:600}.g{stroke:#8884;stroke-width:1}.l{fill:none;stroke-width:2;stroke-linejoin:round}@media (prefers-color-scheme:dark){text{fill:#e6edf3}}</style>\n");
        Text(text, 10, 20, title, "t");
        Legend(text);
        for (var n = 0; n < panels.Length; n++) Panel(text, panels[n].Key, [.. panels[n]], n % columns * PanelWidth, Head + n / columns * PanelHeight);
        return text.Append("</svg>\n").ToString();
    }

    private void Legend(StringBuilder text)
    {
        var x = 10;
        for (var n = 0; n < engines.Count; n++)
        {
            text.Append(CultureInfo.InvariantCulture, $"<path class=\"l\" stroke=\"{Colours[n % Colours.Length]}\" d=\"M{x} 39h18\"/>\n");
            Text(text, x + 23, 43, engines[n]);
            x += 34 + (int)LabelWidth(engines[n]);
        }
    }

    private void Panel(StringBuilder text, string name, ResultRow[] points, int x, int y)
    {
        var figures = points.SelectMany(point => engines.Select(point.Median)).OfType<double>().Where(figure => figure > 0).ToArray();
        if (figures.Length == 0) return;
        var horizontal = new LogScale(points.Min(point => point.Row.Point!.X), points.Max(point => point.Row.Point!.X), x + Left, x + PanelWidth - Right);
        var vertical = new LogScale(Decade(figures.Min(), Math.Floor), Decade(figures.Max(), Math.Ceiling), y + PanelHeight - Bottom, y + Top);
        Text(text, x + Left, y + 16, name, "p");
        for (var decade = vertical.Low; decade < vertical.High * 1.5; decade *= 10)
        {
            text.Append(CultureInfo.InvariantCulture, $"<path class=\"g\" d=\"M{x + Left} {vertical.At(decade):0.#}H{x + PanelWidth - Right}\"/>\n");
            Text(text, x + Left - 5, vertical.At(decade) + 4, Figure.Time(decade * 1.0001).Replace(".0", ""), anchor: "end");
        }
        var ticks = points.Select(point => point.Row.Point!.X).Distinct().Order().ToArray();
        var free = double.NegativeInfinity;
        foreach (var tick in ticks.Where(tick => horizontal.At(tick) - LabelWidth(across(tick)) / 2 > free))
        {
            Text(text, horizontal.At(tick), y + PanelHeight - Bottom + 14, across(tick), anchor: "middle");
            free = horizontal.At(tick) + LabelWidth(across(tick)) / 2;
        }
        Text(text, x + (Left + PanelWidth - Right) / 2, y + PanelHeight - Bottom + 28, acrossTitle, anchor: "middle");
        for (var n = 0; n < engines.Count; n++) Line(text, points, engines[n], Colours[n % Colours.Length], horizontal, vertical);
    }

    private static void Line(StringBuilder text, ResultRow[] points, string engine, string colour, LogScale horizontal, LogScale vertical)
    {
        var places = points.Where(point => point.Median(engine) > 0).OrderBy(point => point.Row.Point!.X)
            .Select(point => (X: horizontal.At(point.Row.Point!.X), Y: vertical.At(point.Median(engine)!.Value))).ToArray();
        if (places.Length == 0) return;
        var path = string.Join('L', places.Select(place => string.Create(CultureInfo.InvariantCulture, $"{place.X:0.#} {place.Y:0.#}")));
        text.Append(CultureInfo.InvariantCulture, $"<path class=\"l\" stroke=\"{colour}\" d=\"M{path}\"/>\n");
        foreach (var (px, py) in places) text.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{px:0.#}\" cy=\"{py:0.#}\" r=\"2.5\" fill=\"{colour}\"/>\n");
    }

    private static double LabelWidth(string words) => 7 * words.Length + 6;

    private static double Decade(double value, Func<double, double> round) => Math.Pow(10, round(Math.Log10(value)));

    private static void Text(StringBuilder text, double x, double y, string words, string kind = "", string anchor = "start") =>
        text.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\"{(kind.Length > 0 ? $" class=\"{kind}\"" : "")}>{Escape(words)}</text>\n");

    private static string Escape(string words) => words.Replace("&", "&amp;").Replace("<", "&lt;").Replace("\"", "&quot;");
}
