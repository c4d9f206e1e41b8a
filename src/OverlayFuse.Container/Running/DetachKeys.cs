using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The keys that leave a container's terminal and let its program go on, as --detach-keys says them: "ctrl-p,ctrl-q".</summary>
/// <remarks>moby/term, ascii.go.</remarks>
public sealed class DetachKeys
{
    private const string Usual = "ctrl-p,ctrl-q";
    private const string Control = "ctrl-";
    private const string Symbols = "@abcdefghijklmnopqrstuvwxyz[\\]^_"; // as ASCII numbers the control characters
    private const byte Delete = 127;

    private readonly byte[] _keys;
    private int _held;

    private DetachKeys(string text, byte[] keys) => (Text, _keys) = (text, keys);

    public string Text { get; }

    /// <param name="text">Null or empty: the usual ones.</param>
    /// <exception cref="RefusedException">There is no such key.</exception>
    public static DetachKeys Parse(string? text, int exitCode = 1)
    {
        if (string.IsNullOrEmpty(text)) text = Usual;
        var keys = text.Split(',').Select(Key).ToList();
        return keys.Contains(null) ? throw new RefusedException($"Invalid detach keys ({text}) provided", exitCode) : new DetachKeys(text, [.. keys.Select(key => key!.Value)]);
    }

    /// <summary>Writes what was typed to <paramref name="on"/>, without the keys. Some of them are held back until it is clear that others do not follow.</summary>
    /// <returns>Whether all of them were typed; what came behind them is lost.</returns>
    public bool Pass(ReadOnlySpan<byte> typed, Stream on)
    {
        foreach (var key in typed)
        {
            if (key != _keys[_held])
            {
                on.Write(_keys.AsSpan(0, _held));
                _held = 0;
            }
            if (key != _keys[_held]) on.WriteByte(key);
            else if (++_held == _keys.Length) return true;
        }
        return false;
    }

    private static byte? Key(string word)
    {
        if (word is [<= '\x7f' and var only]) return (byte)only;
        if (word == "DEL") return Delete;
        return word.Length == Control.Length + 1 && word.StartsWith(Control, StringComparison.Ordinal) && Symbols.IndexOf(char.ToLowerInvariant(word[^1])) is >= 0 and var code ? (byte)code : null;
    }
}
