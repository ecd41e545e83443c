using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Hosting.Memory;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>
/// Reads of one body, which are ended when it comes too slowly. Bytes that are here already cost nothing more. Not to
/// be copied.
/// </summary>
internal struct PacedReading(HttpContext context, BodyPace pace) : IDisposable
{
    private Transfer? _transfer;

    public readonly PipeReader Reader => context.Request.BodyReader;

    /// <exception cref="ProblemException"><c>request-timeout</c>.</exception>
    public ValueTask<ReadResult> ReadAsync()
    {
        var coming = Reader.ReadAsync(context.RequestAborted);
        if (coming.IsCompletedSuccessfully)
        {
            var read = coming.Result;
            _transfer?.EndWait(read.Buffer.Length);
            return new(InTime(read, Reader));
        }

        _transfer ??= pace.Begin(Reader);
        return WaitAsync(coming, Reader, _transfer);
    }

    public readonly void Dispose() => _transfer?.Dispose();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<ReadResult> WaitAsync(
        ValueTask<ReadResult> coming, PipeReader reader, Transfer transfer)
    {
        transfer.BeginWait();
        var read = await coming;
        transfer.EndWait(read.Buffer.Length);
        return InTime(read, reader);
    }

    /// <summary>A cancelled read was cancelled by the pace.</summary>
    private static ReadResult InTime(in ReadResult read, PipeReader reader)
    {
        if (!read.IsCanceled)
        {
            return read;
        }

        reader.AdvanceTo(read.Buffer.End);
        throw new ProblemException(ErrorKinds.RequestTimeout);
    }
}
