namespace OverlayFuse.SideBySide;

/// <summary>Where a row stands in a chart: in which one, in which of its panels, and how far to the right.</summary>
internal sealed record ChartPoint(string Chart, string Panel, double X);
