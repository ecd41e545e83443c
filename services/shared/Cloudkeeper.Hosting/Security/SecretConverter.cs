using System.ComponentModel;
using System.Globalization;

namespace Cloudkeeper.Hosting.Security;

/// <summary>Settings become secrets, and nothing becomes a text again.</summary>
internal sealed class SecretConverter : TypeConverter
{
    public override bool CanConvertFrom(ITypeDescriptorContext? context, Type sourceType) => sourceType == typeof(string);

    public override object ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
        new Secret((string)value);
}
