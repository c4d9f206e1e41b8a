using System.Text;
using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

internal class OverrideNamesTests
{
    [TestCase(OverrideForm.Containers, "user.containers.override_stat")]
    [TestCase(OverrideForm.FuseOverlayFs, "user.fuseoverlayfs.override_stat")]
    [TestCase(OverrideForm.Privileged, "security.fuseoverlayfs.override_stat")]
    public void Each_form_has_its_mark_and_nobody_sees_it(OverrideForm form, string mark)
    {
        Assert.That(Encoding.ASCII.GetString(OverrideNames.Mark(form)), Is.EqualTo(mark));
        Assert.That(OverrideNames.IsPrivate(form, OverrideNames.Mark(form)), Is.True);
    }

    [TestCase("security.capability", "user.containers.override_security.capability")]
    [TestCase("security.selinux", "user.containers.override_security.selinux")]
    [TestCase("user.containers.override_stat", "user.containers.override_user.containers.override_stat")]
    [TestCase("user.containers.override_security.x", "user.containers.override_user.containers.override_security.x")]
    [TestCase("user.containers.override_user.containers.override_stat", "user.containers.override_user.containers.override_user.containers.override_stat")]
    [TestCase("user.a", "user.a")]
    [TestCase("user.containers.other", "user.containers.other")]
    [TestCase("system.posix_acl_access", "system.posix_acl_access")]
    [TestCase("trusted.a", "trusted.a")]
    public void A_name_is_stored_and_shown_again(string shown, string stored)
    {
        Assert.That(Store(OverrideForm.Containers, shown), Is.EqualTo(stored));
        Assert.That(OverrideNames.IsPrivate(OverrideForm.Containers, Bytes(stored)), Is.False);
        Assert.That(Encoding.ASCII.GetString(OverrideNames.Show(OverrideForm.Containers, Bytes(stored))), Is.EqualTo(shown));

        // An attribute that would be read as a mark, if it were there by its own name, is not in any form.
        foreach (var form in (OverrideForm[])[OverrideForm.None, OverrideForm.FuseOverlayFs, OverrideForm.Privileged])
        {
            var isMark = shown.StartsWith("user.containers.override_", StringComparison.Ordinal);
            Assert.That(Store(form, shown), Is.EqualTo(isMark ? stored : shown));
            Assert.That(OverrideNames.IsPrivate(form, Bytes(Store(form, shown))), Is.False);
            Assert.That(Encoding.ASCII.GetString(OverrideNames.Show(form, Bytes(Store(form, shown)))), Is.EqualTo(shown));
        }
    }

    [TestCase("security.capability", Description = "of the backing file")]
    [TestCase("user.containers.override_stat")]
    [TestCase("user.containers.override_later")]
    public void What_is_stored_under_such_a_name_is_nobodys(string stored) => Assert.That(OverrideNames.IsPrivate(OverrideForm.Containers, Bytes(stored)), Is.True);

    [TestCase("user.containers.override_stat")]
    [TestCase("user.containers.override_security.capability")]
    public void A_mark_of_containers_is_nobodys_in_other_forms_either(string stored) => Assert.That(OverrideNames.IsPrivate(OverrideForm.None, Bytes(stored)), Is.True);

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);

    private static string Store(OverrideForm form, string name)
    {
        var buffer = new byte[OverrideNames.StoredSize];
        return OverrideNames.IsKept(form, Bytes(name)) ? Encoding.ASCII.GetString(buffer, 0, OverrideNames.Store(Bytes(name), buffer)) : name;
    }
}
