//! The door: every call but the handshake passes it, and is given its caller's seat on the way. What stands behind it
//! cannot be reached without.

use std::sync::Arc;

use arrow_flight::flight_service_server::FlightService;
use arrow_flight::{
    Action, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest, HandshakeResponse, PollInfo,
    SchemaResult, Ticket,
};
use futures::stream;
use tonic::{Request, Response, Status, Streaming};

use super::entrance::Entrance;
use super::seat::Seat;
use super::service::Asking;

/// The door, and what stands behind it.
pub(super) struct Door {
    pub entrance: Entrance,
    pub asking: Asking,
}

/// Where a call comes from.
fn client_of<T>(request: &Request<T>) -> String {
    request.remote_addr().map_or_else(String::new, |address| address.to_string())
}

impl Door {
    /// Lets a call in, with its caller's seat.
    async fn admit<T>(&self, mut request: Request<T>) -> Result<Request<T>, Status> {
        let client = client_of(&request);
        let seat = self.entrance.seat(request.metadata(), &client).await?;
        request.extensions_mut().insert(Arc::clone(&seat));
        Ok(request)
    }
}

#[tonic::async_trait]
impl FlightService for Door {
    type HandshakeStream = <Asking as FlightService>::HandshakeStream;
    type ListFlightsStream = <Asking as FlightService>::ListFlightsStream;
    type DoGetStream = <Asking as FlightService>::DoGetStream;
    type DoPutStream = <Asking as FlightService>::DoPutStream;
    type DoActionStream = <Asking as FlightService>::DoActionStream;
    type ListActionsStream = <Asking as FlightService>::ListActionsStream;
    type DoExchangeStream = <Asking as FlightService>::DoExchangeStream;

    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        let client = client_of(&request);
        let token = self.entrance.shake(request.metadata(), &client).await?;
        let bearer = format!("Bearer {token}").parse().map_err(|_| Status::internal("no token"))?;
        let told = HandshakeResponse { protocol_version: 0, payload: token.into() };
        let mut response: Response<Self::HandshakeStream> = Response::new(Box::pin(stream::iter([Ok(told)])));
        response.metadata_mut().insert("authorization", bearer);
        Ok(response)
    }

    async fn list_flights(&self, request: Request<Criteria>) -> Result<Response<Self::ListFlightsStream>, Status> {
        self.asking.list_flights(self.admit(request).await?).await
    }

    async fn get_flight_info(&self, request: Request<FlightDescriptor>) -> Result<Response<FlightInfo>, Status> {
        self.asking.get_flight_info(self.admit(request).await?).await
    }

    async fn poll_flight_info(&self, request: Request<FlightDescriptor>) -> Result<Response<PollInfo>, Status> {
        self.asking.poll_flight_info(self.admit(request).await?).await
    }

    /// What `arrow-flight` leaves open: the schema that the same command's [`FlightInfo`] has, without a ticket.
    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, Status> {
        let request = self.admit(request).await?;
        let seat = request.extensions().get::<Arc<Seat>>().cloned();
        let info = self.asking.get_flight_info(request).await?.into_inner();
        if let Some(seat) = seat {
            Asking::forget(&seat, &info);
        }
        Ok(Response::new(SchemaResult { schema: info.schema }))
    }

    async fn do_get(&self, request: Request<Ticket>) -> Result<Response<Self::DoGetStream>, Status> {
        self.asking.do_get(self.admit(request).await?).await
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Result<Response<Self::DoPutStream>, Status> {
        self.asking.do_put(self.admit(request).await?).await
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<Self::DoActionStream>, Status> {
        self.asking.do_action(self.admit(request).await?).await
    }

    async fn list_actions(&self, request: Request<Empty>) -> Result<Response<Self::ListActionsStream>, Status> {
        self.asking.list_actions(self.admit(request).await?).await
    }

    async fn do_exchange(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        self.asking.do_exchange(self.admit(request).await?).await
    }
}
