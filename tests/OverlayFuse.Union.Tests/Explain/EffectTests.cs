using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Where deeds go, by the plans that carry them out.</summary>
internal class EffectTests
{
    private const string Table =
        """
        lower file            write CopyWhole 9, chmod CopyMetadata 9, remove Hide
        empty lower file      write CopyEmpty, chmod CopyEmpty, remove Hide
        lower symlink         chmod CopyEmpty, remove Hide
        lower dir             chmod CopyEmpty, remove Hide, rename MoveByRedirect
        upper file            write InPlace, chmod InPlace, remove TakeAway
        upper over lower      write InPlace, chmod InPlace, remove TakeAwayAndHide
        upper metacopy        write Complete 9, chmod InPlace, remove TakeAwayAndHide
        upper dir             chmod InPlace, remove TakeAway, rename Move
        merged dir            chmod InPlace, remove TakeAwayAndHide, rename MoveByRedirect
        shared copy           write InPlace, chmod InPlace, remove Hide
        root                  chmod InPlace
        nothing               create Make
        whiteout              create MakeOverWhiteout
        covered file          write Refused BUSY, chmod Refused BUSY, remove Refused BUSY
        read-only file        write Refused ROFS, chmod Refused ROFS, remove Refused ROFS
        read-only nothing     create Refused ROFS
        foreign file          write Refused PERM, chmod Refused PERM, remove Hide
        foreign dir           chmod Refused PERM, remove Hide, rename Refused PERM
        unreadable file       write Refused ACCES, chmod Refused ACCES, remove Hide
        no marks file         write CopyWhole 9, chmod CopyWhole 9, remove Hide
        no marks dir          chmod CopyEmpty, remove Hide, rename Refused XDEV
        """;

    [TestCaseSource(nameof(Rows))]
    public void What_is_done_to(string what, string expected)
    {
        var effects = Effect.Of(FactsOf(what)).Select(effect =>
            $"{effect.Deed.ToString().ToLowerInvariant()} {effect.Kind}{(effect.Bytes > 0 ? $" {effect.Bytes}" : "")}{(effect.Refusal != Errno.None ? $" {effect.Refusal}" : "")}");
        Assert.That(string.Join(", ", effects), Is.EqualTo(expected));
    }

    private static IEnumerable<TestCaseData> Rows() => Table.Split('\n').Select(row => new TestCaseData(row[..22].Trim(), row[22..].Trim()).SetArgDisplayNames(row[..22].Trim()));

    private static EffectFacts FactsOf(string what)
    {
        var isDirectory = what.EndsWith("dir", StringComparison.Ordinal) || what == "root";
        var type = isDirectory ? FileType.Directory : what.Contains("symlink") ? FileType.Symlink : FileType.Regular;
        var inUpper = what.StartsWith("upper", StringComparison.Ordinal) || what is "merged dir" or "root";
        return new EffectFacts
        {
            Refusal = what.StartsWith("read-only", StringComparison.Ordinal) ? Errno.ROFS : Errno.None,
            Exists = what is not ("nothing" or "whiteout" or "read-only nothing"),
            IsRoot = what == "root",
            InUpper = inUpper,
            IsSharedCopy = what == "shared copy",
            Type = type,
            IsCovered = what == "covered file",
            IsMetacopy = what == "upper metacopy",
            HasBelow = !inUpper || what is "merged dir" or "upper over lower" or "upper metacopy",
            HasLowers = isDirectory && what is not "upper dir",
            IsHidden = what == "whiteout",
            CopyUp = new CopyUpFacts(type, what.StartsWith("empty", StringComparison.Ordinal) ? 0u : 9, !what.StartsWith("no marks", StringComparison.Ordinal), what != "unreadable file", what.StartsWith("foreign", StringComparison.Ordinal) ? Errno.PERM : Errno.None, false),
        };
    }
}
