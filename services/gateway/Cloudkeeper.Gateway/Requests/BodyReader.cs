using System.IO.Pipelines;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Hosting.Memory;
using Microsoft.AspNetCore.Connections;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>Reads bodies of requests as they come, at least so fast as they have to.</summary>
internal sealed class BodyReader(MemoryBudget budget, BodyPace pace)
{
    /// <summary>Reads all of it. A length above the limit, or without room, is refused before anything is read.</summary>
    /// <exception cref="ProblemException"><paramref name="tooLarge"/>, <c>overloaded</c>, or <c>request-timeout</c>.</exception>
    /// <exception cref="ConnectionAbortedException">The client has gone.</exception>
    public ValueTask<RequestBody> ReadAsync(HttpContext context, int bytesMax, ErrorKind tooLarge)
    {
        var length = context.Request.ContentLength;
        if (length > bytesMax)
        {
            throw new ProblemException(tooLarge);
        }

        if (length == 0)
        {
            return new(RequestBody.Empty);
        }

        // Nothing is taken for it yet, but it is no use to let it come.
        if (length > MemoryBudget.SmallBytes && !budget.HasRoomFor(MemoryUse.Bodies, length.Value))
        {
            throw new ProblemException(ErrorKinds.Overloaded, "Too many bytes are on their way: try again later.");
        }

        return CollectAsync(context, bytesMax, tooLarge);
    }

    /// <summary>Reads a body that no handler wants to its end.</summary>
    /// <exception cref="ProblemException"><c>request-timeout</c>.</exception>
    /// <exception cref="BadHttpRequestException">It is larger than any body may be.</exception>
    public async ValueTask DiscardAsync(HttpContext context)
    {
        var reading = new PacedReading(context, pace);
        try
        {
            ReadResult read;
            do
            {
                read = await reading.ReadAsync();
                reading.Reader.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
        }
        finally
        {
            reading.Dispose();
        }
    }

    private async ValueTask<RequestBody> CollectAsync(HttpContext context, int bytesMax, ErrorKind tooLarge)
    {
        var reading = new PacedReading(context, pace);
        var buffer = new BodyBuffer(budget, bytesMax);
        try
        {
            while (!Take(reading.Reader, await reading.ReadAsync(), ref buffer, bytesMax, tooLarge))
            {
            }

            return buffer.Build();
        }
        catch (Exception e)
        {
            buffer.Build().Dispose();
            if (e is IOException and not BadHttpRequestException)
            {
                throw new ConnectionAbortedException("The client went before its body had come.", e);
            }

            throw;
        }
        finally
        {
            reading.Dispose();
        }
    }

    /// <returns>Whether the body is complete.</returns>
    private static bool Take(
        PipeReader reader, in ReadResult read, ref BodyBuffer buffer, int bytesMax, ErrorKind tooLarge)
    {
        try
        {
            if (buffer.Length + read.Buffer.Length > bytesMax)
            {
                throw new ProblemException(tooLarge);
            }

            buffer.Add(read.Buffer, read.IsCompleted);
            return read.IsCompleted;
        }
        finally
        {
            // The server reads on behind us, so that the connection can be used again.
            reader.AdvanceTo(read.Buffer.End);
        }
    }
}
