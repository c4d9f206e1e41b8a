namespace OverlayFuse.Union.Tests;

/// <summary>No union at all: a directory that holds what the union is to show. What it gives is what POSIX asks for.</summary>
internal sealed class PlainDirectory : IUnion
{
    private readonly Scratch _scratch = new(TestUnion.Above);
    private SystemCalls? _calls;

    public IActor Actor => _calls ??= new SystemCalls(_scratch.Upper);

    public string Upper => $"{_scratch.Path}/upper";

    public void PutApart(string layer) => throw new NotSupportedException("it has one layer");

    public void Make(string layer, string text) => LayerText.Make(Upper, text, MarkFamily.User);

    public void Mount()
    {
    }

    public void Unmount()
    {
        _calls?.Dispose();
        _calls = null;
    }

    public void Forget()
    {
    }

    public string Lowers() => "";

    public string Leftovers() => "";

    public void Dispose()
    {
        Unmount();
        _scratch.Dispose();
    }
}
