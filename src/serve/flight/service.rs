//! What each command of Flight SQL does. The caller's seat comes with the call; see `door`.

use std::sync::Arc;

use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::server::{FlightSqlService, PeekableFlightDataStream};
use arrow_flight::sql::{
    ActionBeginSavepointRequest, ActionBeginSavepointResult, ActionBeginTransactionRequest,
    ActionBeginTransactionResult, ActionCancelQueryRequest, ActionCancelQueryResult,
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult,
    ActionCreatePreparedSubstraitPlanRequest, ActionEndSavepointRequest, ActionEndTransactionRequest, Any, Command,
    CommandGetCatalogs, CommandGetCrossReference, CommandGetDbSchemas, CommandGetExportedKeys, CommandGetImportedKeys,
    CommandGetPrimaryKeys, CommandGetSqlInfo, CommandGetTableTypes, CommandGetTables, CommandGetXdbcTypeInfo,
    CommandPreparedStatementQuery, CommandPreparedStatementUpdate, CommandStatementIngest, CommandStatementQuery,
    CommandStatementSubstraitPlan, CommandStatementUpdate, DoPutPreparedStatementResult, SqlInfo, TicketStatementQuery,
};
use arrow_flight::{
    Action, ActionType, CancelStatus, FlightData, FlightDescriptor, FlightEndpoint, FlightInfo, IpcMessage,
    SchemaAsIpc, Ticket,
};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::ipc::writer::IpcWriteOptions;
use datafusion::common::ScalarValue;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tonic::{Request, Response, Status};

use super::answer::{Answering, Noted, Sent, sent};
use super::credentials::{Shown, shown};
use super::question::{Question, Ready};
use super::seat::{Prepared, Seat};
use super::seats::Seats;
use super::sql_info::Told;
use super::stated::{stated, stated_or};
use super::status::{nobody, of_arrow, of_engine, of_query, unsupported};
use super::{metadata, wire};
use crate::query::Stated;

type Asked = Request<FlightDescriptor>;
type Informed = Result<Response<FlightInfo>, Status>;
type Given = Result<Response<<Asking as FlightService>::DoGetStream>, Status>;
type Done = Result<Response<<Asking as FlightService>::DoActionStream>, Status>;

/// `CloseSession`: closed, or not to be closed (Flight.proto, `CloseSessionResult.Status`).
const CLOSED: u8 = 1;
const NOT_CLOSEABLE: u8 = 3;
/// Parameters that a client may send for one question, bytes: dictionaries are held while they are read.
const BOUND_BYTES: usize = 2 << 20;
/// Things of the server that a client may ask for at once.
const MOST_INFOS: usize = 1_000;

/// What stands behind the door.
pub(super) struct Asking {
    pub answering: Arc<Answering>,
    pub seats: Arc<Seats>,
    pub told: Told,
}

fn seat_of<T>(request: &Request<T>) -> Result<Arc<Seat>, Status> {
    request.extensions().get::<Arc<Seat>>().cloned().ok_or_else(nobody)
}

/// How a client learns the columns, and gets the rows.
fn info(columns: &Schema, ticket: impl Into<Vec<u8>>, descriptor: FlightDescriptor) -> Informed {
    let info = FlightInfo::new().try_with_schema(columns).map_err(|e| of_arrow(&e))?;
    let endpoint = FlightEndpoint::new().with_ticket(Ticket::new(ticket.into()));
    Ok(Response::new(info.with_endpoint(endpoint).with_descriptor(descriptor).with_ordered(true)))
}

/// Of a command whose answer is made when it is fetched: the command is the ticket.
fn info_of_command(columns: &Schema, request: Asked) -> Informed {
    let descriptor = request.into_inner();
    info(columns, descriptor.cmd.to_vec(), descriptor)
}

fn rows_of(batch: RecordBatch) -> Response<Sent> {
    Response::new(sent(&batch.schema(), stream::iter([Ok(batch)])))
}

fn no_rows(columns: &SchemaRef) -> Response<Sent> {
    Response::new(sent(columns, stream::empty()))
}

fn told(result: Vec<u8>) -> Response<<Asking as FlightService>::DoActionStream> {
    Response::new(stream::iter([Ok(arrow_flight::Result::new(result))]).boxed())
}

fn ipc(schema: &Schema) -> Result<IpcMessage, Status> {
    SchemaAsIpc::new(schema, &IpcWriteOptions::default()).try_into().map_err(|e| of_arrow(&e))
}

fn no_transaction(id: Option<&[u8]>) -> Result<(), Status> {
    if id.is_some_and(|id| !id.is_empty()) { Err(unsupported("a transaction")) } else { Ok(()) }
}

/// The values of one row of parameters; of no row, none.
async fn values_of(stream: PeekableFlightDataStream) -> Result<Vec<ScalarValue>, Status> {
    let mut bytes = 0_usize;
    let bounded = stream.map(move |message: Result<FlightData, Status>| -> Result<FlightData, FlightError> {
        let message = message?;
        bytes = bytes.saturating_add(message.data_header.len()).saturating_add(message.data_body.len());
        let large = || Status::resource_exhausted(format!("more than {BOUND_BYTES} bytes of parameters"));
        if bytes > BOUND_BYTES { Err(large().into()) } else { Ok(message) }
    });
    let mut batches = FlightRecordBatchStream::new_from_flight_data(bounded);
    let mut values = Vec::new();
    while let Some(batch) = batches.try_next().await? {
        if batch.num_rows() == 0 {
            continue;
        }
        if batch.num_rows() > 1 || !values.is_empty() {
            return Err(Status::invalid_argument("more than one row of parameters: bind and run one after the other"));
        }
        let row = batch.columns().iter().map(|column| ScalarValue::try_from_array(column, 0));
        values = row.collect::<Result<_, _>>().map_err(|e| of_engine(&e))?;
    }
    Ok(values)
}

impl Asking {
    /// Lets go of the ticket of an answer that nobody will fetch.
    pub fn forget(seat: &Seat, info: &FlightInfo) {
        let ticket = info.endpoint.first().and_then(|endpoint| endpoint.ticket.as_ref());
        if let Some(handle) = ticket.and_then(|ticket| wire::at(&ticket.ticket, &[2, 1])) {
            // A command's own ticket is none of ours.
            _ = seat.redeem(handle);
        }
    }

    /// Reads a question with what is stated for it; what is wrong with it is written down.
    async fn read(&self, seat: &Seat, sql: &str, stated: Stated) -> Result<Arc<Question>, Status> {
        let (noted, client) = (Noted::new(sql), seat.session());
        let session = client.stating(stated);
        match Question::read(&client, &session, sql).await {
            Ok(question) => Ok(question),
            Err(error) => Err(self.answering.failed(&session, noted, of_query(&error)).await),
        }
    }

    /// Puts values into a question; what is wrong with them is written down.
    async fn bind(&self, seat: &Seat, question: &Arc<Question>, values: Vec<ScalarValue>) -> Result<Ready, Status> {
        match question.bind(values) {
            Ok(ready) => Ok(ready),
            Err(error) => {
                let (noted, session) = (Noted::new(&question.sql), seat.session().stating(question.stated.clone()));
                Err(self.answering.failed(&session, noted, of_query(&error)).await)
            }
        }
    }

    /// The prepared statement of a handle with what was bound to it.
    async fn prepared(&self, seat: &Seat, handle: &[u8]) -> Result<Ready, Status> {
        let prepared = seat.prepared(handle)?;
        self.bind(seat, &prepared.question, prepared.values).await
    }

    fn ticket(seat: &Seat, ready: Ready, request: Asked) -> Informed {
        let columns = Arc::clone(&ready.schema);
        let handle = seat.ticket(ready)?;
        info(&columns, wire::ticket(&handle), request.into_inner())
    }

    /// Refuses what would change something, and writes it down.
    async fn refuse<T>(&self, seat: &Seat, what: &str, text: &str) -> Result<T, Status> {
        let session = seat.session().stating(Stated::default());
        Err(self.answering.failed(&session, Noted::new(text), unsupported(what)).await)
    }

    fn close_session(&self, request: &Request<Action>) -> Response<<Self as FlightService>::DoActionStream> {
        let left = match shown(request.metadata()) {
            Some(Shown::Bearer(token)) if Seats::is_pass(&token) => self.seats.leave(&token),
            _ => false,
        };
        told(wire::number(if left { CLOSED } else { NOT_CLOSEABLE }))
    }

    fn cancel(request: &Request<Action>) -> Done {
        // CancelFlightInfoRequest.info .endpoint .ticket .ticket, an Any .value, TicketStatementQuery .statement_handle
        let handle = wire::at(&request.get_ref().body, &[1, 3, 1, 1, 2, 1]).unwrap_or_default();
        seat_of(request)?.cancel(handle)?;
        Ok(told(wire::number(u8::try_from(CancelStatus::Cancelled as i32).unwrap_or_default())))
    }
}

#[tonic::async_trait]
impl FlightSqlService for Asking {
    type FlightService = Self;

    async fn get_flight_info_statement(&self, query: CommandStatementQuery, request: Asked) -> Informed {
        let seat = seat_of(&request)?;
        no_transaction(query.transaction_id.as_deref())?;
        let question = self.read(&seat, &query.query, stated(request.metadata())?).await?;
        let ready = self.bind(&seat, &question, Vec::new()).await?;
        Self::ticket(&seat, ready, request)
    }

    async fn get_flight_info_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Asked,
    ) -> Informed {
        let seat = seat_of(&request)?;
        let ready = self.prepared(&seat, &query.prepared_statement_handle).await?;
        Self::ticket(&seat, ready, request)
    }

    async fn get_flight_info_substrait_plan(&self, _: CommandStatementSubstraitPlan, request: Asked) -> Informed {
        let seat = seat_of(&request)?;
        self.refuse(&seat, "a Substrait plan", "(a Substrait plan)").await
    }

    async fn get_flight_info_catalogs(&self, _: CommandGetCatalogs, request: Asked) -> Informed {
        info_of_command(&CommandGetCatalogs {}.into_builder().schema(), request)
    }

    async fn get_flight_info_schemas(&self, asked: CommandGetDbSchemas, request: Asked) -> Informed {
        info_of_command(&asked.into_builder().schema(), request)
    }

    async fn get_flight_info_tables(&self, asked: CommandGetTables, request: Asked) -> Informed {
        info_of_command(&metadata::tables_schema(asked), request)
    }

    async fn get_flight_info_table_types(&self, _: CommandGetTableTypes, request: Asked) -> Informed {
        info_of_command(&CommandGetTableTypes {}.into_builder().schema(), request)
    }

    async fn get_flight_info_sql_info(&self, _: CommandGetSqlInfo, request: Asked) -> Informed {
        info_of_command(&self.told.info.schema(), request)
    }

    async fn get_flight_info_primary_keys(&self, _: CommandGetPrimaryKeys, request: Asked) -> Informed {
        info_of_command(&metadata::primary_keys(), request)
    }

    async fn get_flight_info_exported_keys(&self, _: CommandGetExportedKeys, request: Asked) -> Informed {
        info_of_command(&metadata::foreign_keys(), request)
    }

    async fn get_flight_info_imported_keys(&self, _: CommandGetImportedKeys, request: Asked) -> Informed {
        info_of_command(&metadata::foreign_keys(), request)
    }

    async fn get_flight_info_cross_reference(&self, _: CommandGetCrossReference, request: Asked) -> Informed {
        info_of_command(&metadata::foreign_keys(), request)
    }

    async fn get_flight_info_xdbc_type_info(&self, _: CommandGetXdbcTypeInfo, request: Asked) -> Informed {
        info_of_command(&self.told.types.schema(), request)
    }

    async fn get_flight_info_fallback(&self, command: Command, _: Asked) -> Informed {
        Err(unsupported(command.type_url()))
    }

    async fn do_get_statement(&self, ticket: TicketStatementQuery, request: Request<Ticket>) -> Given {
        let seat = seat_of(&request)?;
        let ready = seat.redeem(&ticket.statement_handle)?;
        let handle = ticket.statement_handle.as_ref().try_into().unwrap_or_default();
        let stated = stated_or(request.metadata(), &ready.question.stated)?;
        self.answering.answer(&seat, handle, ready, stated).await
    }

    async fn do_get_prepared_statement(&self, query: CommandPreparedStatementQuery, request: Request<Ticket>) -> Given {
        let seat = seat_of(&request)?;
        let ready = self.prepared(&seat, &query.prepared_statement_handle).await?;
        let stated = stated_or(request.metadata(), &ready.question.stated)?;
        self.answering.answer(&seat, rand::random(), ready, stated).await
    }

    async fn do_get_catalogs(&self, _: CommandGetCatalogs, request: Request<Ticket>) -> Given {
        Ok(rows_of(metadata::catalogs(&seat_of(&request)?.session())?))
    }

    async fn do_get_schemas(&self, asked: CommandGetDbSchemas, request: Request<Ticket>) -> Given {
        Ok(rows_of(metadata::schemas(&seat_of(&request)?.session(), asked)?))
    }

    async fn do_get_tables(&self, asked: CommandGetTables, request: Request<Ticket>) -> Given {
        Ok(rows_of(metadata::tables(&seat_of(&request)?.session(), asked).await?))
    }

    async fn do_get_table_types(&self, _: CommandGetTableTypes, _: Request<Ticket>) -> Given {
        Ok(rows_of(metadata::table_types()?))
    }

    async fn do_get_sql_info(&self, mut asked: CommandGetSqlInfo, _: Request<Ticket>) -> Given {
        // Each is compared with all that there is.
        asked.info.sort_unstable();
        asked.info.dedup();
        asked.info.truncate(MOST_INFOS);
        Ok(rows_of(asked.into_builder(&self.told.info).build()?))
    }

    async fn do_get_primary_keys(&self, _: CommandGetPrimaryKeys, _: Request<Ticket>) -> Given {
        Ok(no_rows(&metadata::primary_keys()))
    }

    async fn do_get_exported_keys(&self, _: CommandGetExportedKeys, _: Request<Ticket>) -> Given {
        Ok(no_rows(&metadata::foreign_keys()))
    }

    async fn do_get_imported_keys(&self, _: CommandGetImportedKeys, _: Request<Ticket>) -> Given {
        Ok(no_rows(&metadata::foreign_keys()))
    }

    async fn do_get_cross_reference(&self, _: CommandGetCrossReference, _: Request<Ticket>) -> Given {
        Ok(no_rows(&metadata::foreign_keys()))
    }

    async fn do_get_xdbc_type_info(&self, asked: CommandGetXdbcTypeInfo, _: Request<Ticket>) -> Given {
        Ok(rows_of(asked.into_builder(&self.told.types).build()?))
    }

    async fn do_get_fallback(&self, _: Request<Ticket>, message: Any) -> Given {
        Err(unsupported(&message.type_url))
    }

    async fn do_put_statement_update(
        &self,
        update: CommandStatementUpdate,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        let seat = seat_of(&request)?;
        self.refuse(&seat, "an update", &update.query).await
    }

    async fn do_put_statement_ingest(
        &self,
        ingest: CommandStatementIngest,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        let seat = seat_of(&request)?;
        self.refuse(&seat, "an ingest", &format!("(an ingest into {})", ingest.table)).await
    }

    async fn do_put_prepared_statement_query(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<DoPutPreparedStatementResult, Status> {
        let (seat, handle) = (seat_of(&request)?, query.prepared_statement_handle);
        let question = seat.prepared(&handle)?.question;
        let values = values_of(request.into_inner()).await?;
        // What does not fit is told now.
        self.bind(&seat, &question, values.clone()).await?;
        seat.bind(&handle, Prepared { question, values })?;
        Ok(DoPutPreparedStatementResult { prepared_statement_handle: Some(handle) })
    }

    async fn do_put_prepared_statement_update(
        &self,
        update: CommandPreparedStatementUpdate,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        let seat = seat_of(&request)?;
        let prepared = seat.prepared(&update.prepared_statement_handle)?;
        self.refuse(&seat, "an update", &prepared.question.sql).await
    }

    async fn do_put_substrait_plan(
        &self,
        _: CommandStatementSubstraitPlan,
        request: Request<PeekableFlightDataStream>,
    ) -> Result<i64, Status> {
        let seat = seat_of(&request)?;
        self.refuse(&seat, "a Substrait plan", "(a Substrait plan)").await
    }

    async fn do_action_create_prepared_statement(
        &self,
        asked: ActionCreatePreparedStatementRequest,
        request: Request<Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        let seat = seat_of(&request)?;
        no_transaction(asked.transaction_id.as_deref())?;
        let question = self.read(&seat, &asked.query, stated(request.metadata())?).await?;
        let (IpcMessage(dataset_schema), IpcMessage(parameter_schema)) =
            (ipc(&question.columns())?, ipc(&question.parameters())?);
        let prepared_statement_handle = seat.prepare(question)?.to_vec().into();
        Ok(ActionCreatePreparedStatementResult { prepared_statement_handle, dataset_schema, parameter_schema })
    }

    async fn do_action_close_prepared_statement(
        &self,
        asked: ActionClosePreparedStatementRequest,
        request: Request<Action>,
    ) -> Result<(), Status> {
        seat_of(&request)?.close(&asked.prepared_statement_handle)
    }

    async fn do_action_create_prepared_substrait_plan(
        &self,
        _: ActionCreatePreparedSubstraitPlanRequest,
        request: Request<Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        let seat = seat_of(&request)?;
        self.refuse(&seat, "a Substrait plan", "(a Substrait plan)").await
    }

    async fn do_action_begin_transaction(
        &self,
        _: ActionBeginTransactionRequest,
        _: Request<Action>,
    ) -> Result<ActionBeginTransactionResult, Status> {
        Err(unsupported("a transaction"))
    }

    async fn do_action_end_transaction(
        &self,
        _: ActionEndTransactionRequest,
        _: Request<Action>,
    ) -> Result<(), Status> {
        Err(unsupported("a transaction"))
    }

    async fn do_action_begin_savepoint(
        &self,
        _: ActionBeginSavepointRequest,
        _: Request<Action>,
    ) -> Result<ActionBeginSavepointResult, Status> {
        Err(unsupported("a savepoint"))
    }

    async fn do_action_end_savepoint(&self, _: ActionEndSavepointRequest, _: Request<Action>) -> Result<(), Status> {
        Err(unsupported("a savepoint"))
    }

    async fn do_action_cancel_query(
        &self,
        asked: ActionCancelQueryRequest,
        request: Request<Action>,
    ) -> Result<ActionCancelQueryResult, Status> {
        // FlightInfo.endpoint .ticket .ticket, an Any .value, TicketStatementQuery .statement_handle
        seat_of(&request)?.cancel(wire::at(&asked.info, &[3, 1, 1, 2, 1]).unwrap_or_default())?;
        Ok(ActionCancelQueryResult { result: CancelStatus::Cancelled as i32 })
    }

    async fn do_action_fallback(&self, request: Request<Action>) -> Done {
        match request.get_ref().r#type.as_str() {
            "CancelFlightInfo" => Self::cancel(&request),
            "CloseSession" => Ok(self.close_session(&request)),
            other => Err(unsupported(&format!("the action {other}"))),
        }
    }

    async fn list_custom_actions(&self) -> Option<Vec<Result<ActionType, Status>>> {
        let action =
            |(name, words): (&str, &str)| Ok(ActionType { r#type: name.to_owned(), description: words.to_owned() });
        let cancel = ("CancelFlightInfo", "Cancels a question by its FlightInfo.\nRequest: CancelFlightInfoRequest");
        let close = ("CloseSession", "Gives a pass back, and ends what runs.\nRequest: CloseSessionRequest");
        Some([cancel, close].map(action).into())
    }

    async fn register_sql_info(&self, _: i32, _: &SqlInfo) {}
}
