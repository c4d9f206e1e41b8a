using OverlayFuse.Fuse;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>A verb for several names: one that fails does not stop the others.</summary>
internal static class ForEach
{
    /// <param name="act">What it returns is printed.</param>
    public static int Name(IEnumerable<string>? carried, Func<string, string> act)
    {
        var code = 0;
        foreach (var name in (carried ?? []).Select(ByteText.Text))
        {
            try
            {
                Terminal.Print(act(name));
            }
            catch (Exception e) when (e is RefusedException or MountException)
            {
                Terminal.Say(e.Message);
                code = 1;
            }
        }
        return code;
    }
}
