namespace OverlayFuse.Union;

/// <summary>Walks the names of a redirect, by foreach. Allocates nothing.</summary>
internal ref struct RedirectComponents
{
    private ReadOnlySpan<byte> _rest;
    private bool _atEnd;

    public RedirectComponents(ReadOnlySpan<byte> redirect) => _rest = redirect is [(byte)'/', ..] ? redirect[1..] : redirect;

    public ReadOnlySpan<byte> Current { get; private set; }

    public readonly RedirectComponents GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_atEnd) return false;

        var slash = _rest.IndexOf((byte)'/');
        _atEnd = slash < 0;
        Current = _atEnd ? _rest : _rest[..slash];
        _rest = _atEnd ? [] : _rest[(slash + 1)..];
        return true;
    }
}
