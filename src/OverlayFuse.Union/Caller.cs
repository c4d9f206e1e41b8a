using System.Buffers.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>What a caller may do. With ALLOW_IDMAP requests that make nothing come without user and group, so the kernel is asked by process id.</summary>
internal static class Caller
{
    public const int FSetId = 4; // CAP_FSETID
    public const int SysAdmin = 21; // CAP_SYS_ADMIN

    /// <summary>Whether the process has an effective capability; false where it cannot be seen.</summary>
    public static bool Has(uint pid, int capability)
    {
        if (pid == 0 || Syscall.Open($"/proc/{pid}/status", OpenFlags.ReadOnly, out var fd) != Errno.None) return false;
        Span<byte> text = stackalloc byte[4096];
        var error = Syscall.Read(fd, text, out var length);
        fd.Close();
        if (error != Errno.None) return false;
        text = text[..length];
        var at = text.IndexOf("\nCapEff:\t"u8);
        return at >= 0 && Utf8Parser.TryParse(text[(at + 9)..], out ulong capabilities, out _, 'x') && (capabilities >> capability & 1) != 0;
    }
}
