using System.Text;
using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

internal class MarkNamesTests
{
    [TestCase("trusted.overlay.opaque", true)]
    [TestCase("user.overlay.opaque", true)]
    [TestCase("user.overlay.", true)]
    [TestCase("user.fuseoverlayfs.opaque", true)]
    [TestCase("security.fuseoverlayfs.override_stat", true)]
    [TestCase("trusted.overlay.overlay.opaque", false, Description = "a mark of a union inside this one")]
    [TestCase("user.overlay.overlay.overlay.x", false)]
    [TestCase("trusted.overlay.overlayopaque", true)]
    [TestCase("trusted.overlays", false)]
    [TestCase("user.overlay", false)]
    [TestCase("user.containers.override_stat", false)]
    [TestCase("security.capability", false)]
    [TestCase("", false)]
    public void Our_marks_are_private_and_nested_ones_are_not(string name, bool isPrivate) =>
        Assert.That(MarkNames.IsPrivate(Encoding.Latin1.GetBytes(name)), Is.EqualTo(isPrivate));

    [TestCase("trusted.overlay.opaque", "trusted.overlay.overlay.opaque")]
    [TestCase("trusted.overlay.overlay.opaque", "trusted.overlay.overlay.overlay.opaque")]
    [TestCase("user.overlay.redirect", "user.overlay.overlay.redirect")]
    [TestCase("user.overlay.\xff", "user.overlay.overlay.\xff")]
    [TestCase("user.overlay.", "user.overlay.overlay.")]
    [TestCase("user.fuseoverlayfs.opaque", "user.fuseoverlayfs.overlay.opaque")]
    [TestCase("security.fuseoverlayfs.override_stat", "security.fuseoverlayfs.overlay.override_stat")]
    public void A_users_mark_is_stored_one_level_deeper_and_comes_back(string name, string stored)
    {
        var buffer = new byte[OverrideNames.StoredSize];
        var length = MarkNames.Escape(Encoding.Latin1.GetBytes(name), buffer);
        Assert.That(Encoding.Latin1.GetString(buffer, 0, length), Is.EqualTo(stored));

        Assert.That(MarkNames.TryUnescape(Encoding.Latin1.GetBytes(stored), buffer, out length), Is.True);
        Assert.That(Encoding.Latin1.GetString(buffer, 0, length), Is.EqualTo(name));
    }

    [TestCase("user.mime_type")]
    [TestCase("security.capability")]
    [TestCase("system.posix_acl_access")]
    [TestCase("")]
    public void Other_names_are_stored_as_they_are(string name)
    {
        var buffer = new byte[OverrideNames.StoredSize];
        var length = MarkNames.Escape(Encoding.Latin1.GetBytes(name), buffer);
        Assert.That(Encoding.Latin1.GetString(buffer, 0, length), Is.EqualTo(name));
        Assert.That(MarkNames.TryUnescape(Encoding.Latin1.GetBytes(name), buffer, out _), Is.False);
    }

    [Test]
    public void The_longest_name_fits_the_buffer_after_escaping()
    {
        var name = "user.overlay."u8.ToArray().Concat(Enumerable.Repeat((byte)'n', 255 - 13)).ToArray();
        Assert.That(MarkNames.Escape(name, new byte[OverrideNames.StoredSize]), Is.EqualTo(255 + 8));
    }

    [Test]
    public void Each_family_has_each_mark_under_its_own_prefix([Values] MarkFamily family)
    {
        var prefix = family == MarkFamily.Trusted ? "trusted.overlay." : "user.overlay.";
        string[] names =
        [
            Text(MarkNames.Opaque(family)), Text(MarkNames.Whiteout(family)), Text(MarkNames.Redirect(family)), Text(MarkNames.Origin(family)),
            Text(MarkNames.Upper(family)), Text(MarkNames.Impure(family)), Text(MarkNames.Nlink(family)), Text(MarkNames.Metacopy(family)),
            Text(MarkNames.Uuid(family)), Text(MarkNames.Protattr(family)),
        ];
        string[] marks = ["opaque", "whiteout", "redirect", "origin", "upper", "impure", "nlink", "metacopy", "uuid", "protattr"];
        Assert.That(names, Is.EqualTo(marks.Select(mark => prefix + mark)));
    }

    private static string Text(ReadOnlySpan<byte> name) => Encoding.ASCII.GetString(name);
}
